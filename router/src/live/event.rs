use constellation_shared::error::{ErrorCode, INTERNAL_MESSAGE, UNAVAILABLE_MESSAGE};
use serde_json::{Value, json};

use crate::errors::UNREACHED;

/// What Hive ends the streams of a supergraph with that is no longer current.
const RELOADED: &str = "SUBSCRIPTION_SCHEMA_RELOAD";
const RELOADED_MESSAGE: &str =
    "The graph has been renewed. Subscribe again, after the last cursor that you have.";
const UNCODED_ENUM: &str = "Value is not a valid enum value";

/// How Hive writes an event.
const NEXT: &str = "event: next\ndata: ";

/// An event of Hive's as a client may see it. Hive calls none of the hooks for them that translate other errors.
pub(super) fn settle(event: &str, request_id: &str) -> String {
    if event.starts_with("event: complete") {
        return complete();
    }
    match event.strip_prefix(NEXT).map(str::trim_end) {
        // Where no key is `errors`, there are none; a text of that name costs only the look.
        Some(data) if data.contains(r#""errors":"#) => match serde_json::from_str::<Value>(data) {
            Ok(mut answer) => {
                let errors = answer["errors"].as_array_mut().into_iter().flatten();
                errors.for_each(|error| settle_error(error, request_id));
                next(&answer)
            }
            Err(_) => last_word(ErrorCode::Internal, INTERNAL_MESSAGE),
        },
        _ => event.to_owned(),
    }
}

/// An event that says nothing but why the stream is over.
pub(super) fn last_word(code: ErrorCode, message: &str) -> String {
    next(&json!({ "errors": [{ "message": message, "extensions": { "code": code.as_str() } }] }))
}

pub(super) fn complete() -> String {
    "event: complete\ndata:\n\n".to_owned()
}

fn next(answer: &Value) -> String {
    format!("{NEXT}{answer}\n\n")
}

fn settle_error(error: &mut Value, request_id: &str) {
    let code = error["extensions"]["code"].as_str().unwrap_or_default();
    let known = ErrorCode::ALL.into_iter().find(|known| known.as_str() == code);
    let (code, message) = match known {
        Some(code) => (code, None),
        None if code == RELOADED => (ErrorCode::Unavailable, Some(RELOADED_MESSAGE)),
        None if UNREACHED.contains(&code) => (ErrorCode::Unavailable, Some(UNAVAILABLE_MESSAGE)),
        None => {
            if error["message"] == UNCODED_ENUM {
                tracing::error!("a subgraph gave a value of an enum that the supergraph does not have");
            } else {
                tracing::error!(%error, "an error was hidden from its caller");
            }
            (ErrorCode::Internal, Some(INTERNAL_MESSAGE))
        }
    };
    let Some(fields) = error.as_object_mut() else {
        return;
    };
    // They point into the document that the subgraph got, which the caller never saw.
    fields.remove("locations");
    if let Some(message) = message {
        fields.insert("message".to_owned(), message.into());
        fields.insert("extensions".to_owned(), json!({}));
    }
    if let Some(extensions) = fields.get_mut("extensions").and_then(Value::as_object_mut) {
        extensions.remove("serviceName");
        extensions.insert("code".to_owned(), code.as_str().into());
        if code == ErrorCode::Internal {
            extensions.insert("requestId".to_owned(), request_id.into());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settled(answer: &Value) -> Value {
        let event = settle(&next(answer), "an-id");
        let data = event.strip_prefix(NEXT).unwrap();
        serde_json::from_str(data).unwrap()
    }

    fn error(code: &str) -> Value {
        json!({ "data": null, "errors": [{
            "message": "10.0.0.7 said no",
            "locations": [{ "line": 1, "column": 1 }],
            "extensions": { "code": code, "serviceName": "expense", "retryAfter": 5 },
        }] })
    }

    #[test]
    fn an_event_without_errors_is_left_as_it_is() {
        let event = next(&json!({ "data": { "count": 1 } }));
        assert_eq!(settle(&event, "an-id"), event);
        assert_eq!(settle(":\n\n", "an-id"), ":\n\n");
    }

    #[test]
    fn a_code_of_ours_passes_with_its_message() {
        for code in ErrorCode::ALL.map(ErrorCode::as_str) {
            let error = &settled(&error(code))["errors"][0];
            assert_eq!(error["extensions"]["code"], code);
            assert_eq!(error["extensions"]["retryAfter"], 5);
            assert_eq!(error["message"], "10.0.0.7 said no");
            assert!(error["locations"].is_null() && error["extensions"]["serviceName"].is_null());
        }
    }

    #[test]
    fn what_is_internal_is_hidden() {
        for (code, becomes) in [
            ("SUBREQUEST_HTTP_ERROR", "UNAVAILABLE"),
            ("SUBSCRIPTION_SCHEMA_RELOAD", "UNAVAILABLE"),
            ("E11000", "INTERNAL"),
            ("", "INTERNAL"),
        ] {
            let settled = settled(&error(code));
            assert_eq!(settled["errors"][0]["extensions"]["code"], becomes);
            assert!(!settled.to_string().contains("10.0.0.7"), "{settled}");
            assert!(!settled.to_string().contains("expense"), "{settled}");
        }
    }
}
