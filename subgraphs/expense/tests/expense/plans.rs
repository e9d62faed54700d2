//! How MongoDB answers a command: by which plan, and how much it reads for that.

use mongodb::bson::{Bson, Document, doc};
use serde_json::Value;

use crate::support::Service;

/// What a command reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Examined {
    pub(crate) keys: i64,
    pub(crate) documents: i64,
}

/// The stages of the plan that MongoDB makes for this command.
pub(crate) async fn stages(service: &Service, command: &Document) -> Vec<String> {
    let explained = explain(service, command, "queryPlanner").await;
    let mut stages = Vec::new();
    collect_stages(&serde_json::to_value(&explained).unwrap(), &mut stages);
    assert!(!stages.is_empty(), "{explained}");
    stages
}

/// What the command reads when it is run again.
pub(crate) async fn examined(service: &Service, command: &Document) -> Examined {
    let explained = explain(service, command, "executionStats").await;
    let stats = find(&explained, "executionStats").unwrap_or_else(|| panic!("{explained}"));
    let number = |name: &str| match stats.get(name) {
        Some(Bson::Int32(number)) => i64::from(*number),
        Some(Bson::Int64(number)) => *number,
        other => panic!("{name} is {other:?}"),
    };
    Examined {
        keys: number("totalKeysExamined"),
        documents: number("totalDocsExamined"),
    }
}

async fn explain(service: &Service, command: &Document, verbosity: &str) -> Document {
    let mut command = command.clone();
    for session in ["lsid", "$clusterTime", "$db", "readConcern", "writeConcern"] {
        command.remove(session);
    }
    service
        .database
        .run_command(doc! { "explain": command, "verbosity": verbosity })
        .await
        .unwrap()
}

/// The first document under this name, however deep.
fn find<'a>(document: &'a Document, name: &str) -> Option<&'a Document> {
    document.iter().find_map(|(field, value)| match value {
        Bson::Document(inner) if field == name => Some(inner),
        Bson::Document(inner) => find(inner, name),
        Bson::Array(values) => values
            .iter()
            .filter_map(Bson::as_document)
            .find_map(|inner| find(inner, name)),
        _ => None,
    })
}

fn collect_stages(value: &Value, stages: &mut Vec<String>) {
    match value {
        Value::Object(fields) => {
            stages.extend(fields.get("stage").and_then(Value::as_str).map(str::to_owned));
            let inner = fields
                .iter()
                .filter(|(name, _)| *name != "rejectedPlans" && *name != "command");
            inner.for_each(|(_, value)| collect_stages(value, stages));
        }
        Value::Array(values) => values.iter().for_each(|value| collect_stages(value, stages)),
        _ => {}
    }
}
