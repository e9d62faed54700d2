use constellation_shared::error::{ErrorCode, INTERNAL_MESSAGE};
use serde_json::json;

/// The one error that Hive adds after every hook that could give it a code: while it writes the answer, it finds a value
/// of an enum that the supergraph does not have. A subgraph that is newer than the supergraph gives such values.
const UNCODED: &str = r#"{"message":"Value is not a valid enum value"}"#;

/// What stands before the errors of an answer. Inside a string of the data its quotes would be escaped.
const ERRORS: &str = r#","errors":["#;

/// The answer with a code for every such error, if it has one.
pub(crate) fn code_enum_errors(body: &[u8], request_id: &str) -> Option<String> {
    let body = std::str::from_utf8(body).ok()?;
    let (data, errors) = body
        .rsplit_once(ERRORS)
        .filter(|(_, errors)| errors.contains(UNCODED))?;
    tracing::error!("a subgraph gave a value of an enum that the supergraph does not have");
    let coded = json!({
        "message": INTERNAL_MESSAGE,
        "extensions": { "code": ErrorCode::Internal.as_str(), "requestId": request_id },
    });
    Some(format!(
        "{data}{ERRORS}{}",
        errors.replace(UNCODED, &coded.to_string())
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn an_error_without_a_code_gets_one() {
        let body = format!(r#"{{"data":{{"kind":null}},"errors":[{UNCODED},{{"message":"other"}}]}}"#);
        let coded: Value =
            serde_json::from_str(&code_enum_errors(body.as_bytes(), "an-id").unwrap()).unwrap();
        assert_eq!(
            coded["errors"][0]["extensions"],
            json!({ "code": "INTERNAL", "requestId": "an-id" })
        );
        assert_eq!(
            (&coded["errors"][1], &coded["data"]),
            (&json!({ "message": "other" }), &json!({ "kind": null }))
        );
    }

    #[test]
    fn every_other_answer_is_left_alone() {
        for body in [
            json!({ "data": { "errors": [{ "message": "Value is not a valid enum value" }] } }),
            json!({ "data": { "text": format!("{ERRORS}{UNCODED}") } }),
            json!({ "data": null, "errors": [{ "message": "other" }] }),
        ] {
            assert_eq!(
                code_enum_errors(body.to_string().as_bytes(), "an-id"),
                None,
                "{body}"
            );
        }
    }
}
