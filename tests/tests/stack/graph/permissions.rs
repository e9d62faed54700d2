//! docs/PERMISSIONS.md, as the tests read it, and what an answer comes to in its words.

use serde_json::{Value, json};

use crate::support::Answer;

const TEXT: &str = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/PERMISSIONS.md"));

/// What a caller gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Gets {
    /// What was asked for.
    It,
    /// Null, without an error.
    Null,
    /// An empty list or connection.
    Nothing,
    /// An error with this code.
    Code(String),
    /// A user error with this code in the payload.
    UserError(String),
}

/// A row of a table: an operation, and what each kind of caller gets.
pub(super) struct Row {
    pub(super) field: String,
    cells: Vec<(String, Gets)>,
}

impl Row {
    pub(super) fn of(&self, caller: &str) -> &Gets {
        &self.cells.iter().find(|(column, _)| column == caller).unwrap().1
    }
}

/// The rows of the table that has this column.
pub(super) fn rows(column: &str) -> Vec<Row> {
    let mut columns = Vec::new();
    let mut rows = Vec::new();
    for line in TEXT.lines() {
        let Some(line) = line.strip_prefix("| ").and_then(|line| line.strip_suffix(" |")) else {
            continue;
        };
        let cells: Vec<_> = line.split(" | ").map(|cell| cell.trim_matches('`')).collect();
        if cells[0] == "operation" {
            columns = cells;
        } else if columns.contains(&column) {
            assert_eq!(cells.len(), columns.len(), "{line}");
            let gets = |cell: &&str| Gets::of(cells[0], cell);
            let names = columns[1..].iter().map(|name| (*name).to_owned());
            rows.push(Row {
                field: cells[0].to_owned(),
                cells: names.zip(cells[1..].iter().map(gets)).collect(),
            });
        }
    }
    assert!(!rows.is_empty(), "no table has a column {column}");
    rows
}

impl Gets {
    fn of(field: &str, cell: &str) -> Self {
        match cell {
            "yes" => Self::It,
            "null" => Self::Null,
            "empty" => Self::Nothing,
            code if field.starts_with("Mutation.") && code != "UNAUTHENTICATED" => {
                Self::UserError(code.to_owned())
            }
            code => Self::Code(code.to_owned()),
        }
    }
}

/// What an answer comes to for the field at this place.
pub(super) fn outcome(answer: &Answer, at: &str) -> Gets {
    if let [code, ..] = answer.codes()[..] {
        return Gets::Code(code.to_owned());
    }
    let value = answer.body["data"].pointer(at).unwrap_or(&Value::Null);
    match value["userErrors"][0]["code"].as_str() {
        Some(code) => Gets::UserError(code.to_owned()),
        None if value.is_null() => Gets::Null,
        None if value == &json!({ "edges": [] }) || value == &json!([]) => {
            // An expense that nobody tagged has no tags, and one that is no surprise is hidden from nobody.
            if at.ends_with("/tags") || at.ends_with("/hiddenFrom") {
                Gets::It
            } else {
                Gets::Nothing
            }
        }
        None => Gets::It,
    }
}
