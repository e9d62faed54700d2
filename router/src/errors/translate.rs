use constellation_shared::error::{ErrorCode, INTERNAL_MESSAGE, UNAVAILABLE_MESSAGE};
use hive_router::GraphQLError;
use http::StatusCode;

/// The codes that Hive gives when a subgraph could not be asked, or gave no usable answer.
pub(crate) const UNREACHED: [&str; 8] = [
    "SUBREQUEST_HTTP_ERROR",
    "SUBREQUEST_MALFORMED_RESPONSE",
    "SUBGRAPH_RESPONSE_FAILURE",
    "SUBGRAPH_REQUEST_TIMEOUT",
    "SUBGRAPH_RESPONSE_BODY_READ_FAILURE",
    "SUBGRAPH_RESPONSE_BODY_EMPTY",
    "SUBGRAPH_RESPONSE_DECOMPRESSION_FAILURE",
    "SUBGRAPH_CIRCUIT_BREAKER_REJECTED",
];

/// What becomes of an error.
enum Verdict {
    /// It is sent as it is, with this code.
    Kept(ErrorCode),
    /// It gets this code and message.
    Said(ErrorCode, String),
    /// The same, and the response gets this status.
    SaidWith(ErrorCode, &'static str, StatusCode),
    /// Nobody outside may see it.
    Hidden,
}

/// Gives an error a code of this graph, a message that a caller may see, and nothing else that is internal.
/// Returns the status that the response must have, when that is not Hive's own choice.
///
/// Hive names its errors by codes of its own. Those that a caller can do something about are translated here; every
/// other one, also one that a newer version may bring, is hidden.
pub(crate) fn translate(error: &mut GraphQLError, request_id: &str) -> Option<StatusCode> {
    let from_subgraph = error.extensions.service_name.is_some();
    let verdict = if from_subgraph {
        of_subgraph(error)
    } else {
        of_hive(error)
    };
    let mut status = None;
    let code = match verdict {
        Verdict::Kept(code) => code,
        Verdict::Said(code, message) => {
            error.message = message;
            code
        }
        Verdict::SaidWith(code, message, wanted) => {
            message.clone_into(&mut error.message);
            status = Some(wanted);
            code
        }
        Verdict::Hidden => {
            hide(error);
            ErrorCode::Internal
        }
    };
    if from_subgraph {
        // They point into the document that the subgraph got, which the caller never saw.
        error.locations = None;
    }
    error.extensions.code = Some(code.as_str().to_owned());
    error.extensions.service_name = None;
    error.extensions.affected_path = None;
    if code == ErrorCode::Internal {
        error.extensions.set("requestId".to_owned(), request_id.into());
    }
    status
}

fn hide(error: &mut GraphQLError) {
    tracing::error!(
        subgraph = error.extensions.service_name,
        code = error.extensions.code,
        message = error.message,
        "an error was hidden from its caller"
    );
    INTERNAL_MESSAGE.clone_into(&mut error.message);
    error.locations = None;
    error.extensions.extensions.clear();
}

fn of_subgraph(error: &mut GraphQLError) -> Verdict {
    let Some(code) = error.extensions.code.as_deref() else {
        return Verdict::Hidden;
    };
    if let Some(code) = ours(code) {
        return Verdict::Kept(code);
    }
    if UNREACHED.contains(&code) {
        tracing::warn!(
            subgraph = error.extensions.service_name,
            code,
            message = error.message,
            "a subgraph did not answer"
        );
        error.extensions.extensions.clear();
        return Verdict::Said(ErrorCode::Unavailable, UNAVAILABLE_MESSAGE.to_owned());
    }
    Verdict::Hidden
}

fn ours(code: &str) -> Option<ErrorCode> {
    ErrorCode::ALL.into_iter().find(|known| known.as_str() == code)
}

/// What is said when it is not clear which operation of a document is meant.
pub(crate) const WHICH_OPERATION: &str = "`operationName` must name one operation of the document, and may be left out only when there is one. The kind of the \
     operation (query, mutation) must be one that the schema has.";

const NOT_JSON: &str = r#"The body must be JSON like {"query": "...", "variables": {...}, "operationName": "..."}, one operation per request."#;

/// An error of Hive's own: the request never came as far as a subgraph.
fn of_hive(error: &GraphQLError) -> Verdict {
    use ErrorCode::{BadUserInput, Unavailable};

    let said = |message: &'static str| Verdict::Said(BadUserInput, message.to_owned());
    match error.extensions.code.as_deref().unwrap_or_default() {
        "MAX_DEPTH_EXCEEDED" => said("The document nests its fields too deep. Ask for less at once."),
        "MAX_ALIASES_EXCEEDED" => said("The document has too many aliases. Ask for less at once."),
        "MAX_DIRECTIVES_EXCEEDED" => said("The document has too many directives. Ask for less at once."),
        "TOKEN_LIMIT_EXCEEDED" => said("The document is too long. Ask for less at once."),
        // What breaks a rule of validation is the only error of Hive's that points into the document, and its message
        // is made from the document and the public schema alone.
        _ if error.locations.is_some() => Verdict::Kept(BadUserInput),
        "GRAPHQL_PARSE_FAILED" => Verdict::Said(BadUserInput, parse_message(&error.message)),
        "BAD_USER_INPUT" => Verdict::Said(BadUserInput, variable_message(&error.message)),
        "OPERATION_RESOLUTION_FAILURE" => said(WHICH_OPERATION),
        "BAD_REQUEST" | "UNPROCESSABLE_QUERY_PARAMS" => said(NOT_JSON),
        "MISSING_QUERY_PARAM" => said("The request has no `query`, which is the GraphQL document to run."),
        "INTROSPECTION_DISABLED" => Verdict::SaidWith(
            BadUserInput,
            "This router does not tell its schema. It is published as schema/api.graphql.",
            StatusCode::BAD_REQUEST,
        ),
        "SUBSCRIPTIONS_NOT_SUPPORTED" | "SUBSCRIPTIONS_TRANSPORT_NOT_SUPPORTED" => {
            said("A subscription is answered as a stream: send `Accept: text/event-stream`, or use a WebSocket.")
        }
        "METHOD_NOT_ALLOWED" => said("Send operations with POST. A query may also be sent with GET."),
        "MUTATION_NOT_ALLOWED_OVER_HTTP_GET" => said("A mutation must be sent with POST."),
        "CSRF_PREVENTION_FAILED" => Verdict::SaidWith(
            BadUserInput,
            "Send operations with POST and `Content-Type: application/json`. A GET needs the header \
             `GraphQL-Require-Preflight: true`, so that no foreign web page can send it.",
            StatusCode::BAD_REQUEST,
        ),
        "MISSING_CONTENT_TYPE_HEADER" | "UNSUPPORTED_CONTENT_TYPE" => {
            said("Send `Content-Type: application/json` and accept `application/graphql-response+json` or `application/json`.")
        }
        "UNSUPPORTED_CONTENT_ENCODING" => said("This `Content-Encoding` is not understood. Send the body as it is, or with gzip, deflate, br or zstd."),
        "DECOMPRESSION_FAILED" => said("The body is not what its `Content-Encoding` says."),
        "INVALID_HEADER" => said("A header of the request cannot be read."),
        "REQUEST_HEADER_FIELDS_TOO_LARGE" => said("The headers of the request are too large."),
        "PAYLOAD_READ_ERROR" => said("The body of the request ended too early."),
        "PAYLOAD_TOO_LARGE_CONTENT_LENGTH" | "PAYLOAD_TOO_LARGE_BODY_STREAM" => {
            said("The body of the request is too large.")
        }
        "GATEWAY_TIMEOUT" => Verdict::Said(
            Unavailable,
            "The request took too long and was given up. What it was to change may or may not have been changed."
                .to_owned(),
        ),
        "NO_SUPERGRAPH_AVAILABLE" => Verdict::Said(Unavailable, UNAVAILABLE_MESSAGE.to_owned()),
        _ => Verdict::Hidden,
    }
}

/// The parser speaks of what it expected, in lines; the first part, that says whose words follow, is Hive's.
fn parse_message(message: &str) -> String {
    let words = message
        .trim_start_matches("Failed to parse GraphQL operation:")
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    format!(
        "The document is not GraphQL: {}",
        words.trim_start_matches("query parse error: ")
    )
}

/// What was wrong is said without the value, which may be a password, and which Hive prints as its own debug text.
fn variable_message(message: &str) -> String {
    let wrong = if let Some((_value, of_enum)) = message.rsplit_once("\" does not exist in ") {
        format!("its value does not exist in {of_enum}")
    } else if let Some((wrong, _value)) = message.split_once(" value: ") {
        format!("{wrong} value.")
    } else if let Some((wrong, _value)) = message.split_once(", found: ") {
        format!("{wrong}.")
    } else {
        message.to_owned()
    };
    format!("A variable is not what the operation declares: {wrong}")
}

#[cfg(test)]
mod tests {
    use hive_router::executor::response::graphql_error::GraphQLErrorExtensions;
    use hive_router::graphql_tools::validation::rules::default_rules_validation_plan;
    use hive_router::graphql_tools::validation::utils::ValidationError;
    use hive_router::sonic_rs::JsonValueTrait as _;

    use super::*;

    fn translated(mut error: GraphQLError) -> GraphQLError {
        translate(&mut error, "an-id");
        error
    }

    fn hive(message: &str, code: &str) -> GraphQLError {
        translated(GraphQLError::from_message_and_code(message, code))
    }

    fn subgraph(message: &str, code: Option<&str>) -> GraphQLError {
        let extensions = GraphQLErrorExtensions {
            code: code.map(str::to_owned),
            ..Default::default()
        };
        let error = GraphQLError::from_message_and_extensions(message, extensions);
        translated(error.add_subgraph_name("expense"))
    }

    fn code(error: &GraphQLError) -> &str {
        error.extensions.code.as_deref().unwrap_or_default()
    }

    #[test]
    fn a_code_of_ours_passes_with_its_message() {
        for known in [
            "UNAUTHENTICATED",
            "FORBIDDEN",
            "NOT_FOUND",
            "BAD_USER_INPUT",
            "CONFLICT",
            "RATE_LIMITED",
            "UNAVAILABLE",
            "INTERNAL",
        ] {
            let error = subgraph("Words for the caller.", Some(known));
            assert_eq!(
                (code(&error), error.message.as_str()),
                (known, "Words for the caller.")
            );
            assert!(error.extensions.service_name.is_none());
        }
    }

    #[test]
    fn a_subgraphs_error_without_a_code_of_ours_is_hidden() {
        for unknown in [None, Some("GRAPHQL_VALIDATION_FAILED"), Some("E11000")] {
            let error = subgraph("mongodb://10.0.0.7 said no", unknown);
            assert_eq!(
                (code(&error), error.message.as_str()),
                ("INTERNAL", INTERNAL_MESSAGE)
            );
            assert_eq!(
                error
                    .extensions
                    .get("requestId")
                    .and_then(|id| id.as_str().map(str::to_owned)),
                Some("an-id".into())
            );
        }
    }

    #[test]
    fn a_subgraph_that_does_not_answer_is_unavailable() {
        for unreached in UNREACHED {
            let error = subgraph("connection refused: 10.0.0.7:4002", Some(unreached));
            assert_eq!(
                (code(&error), error.message.as_str()),
                ("UNAVAILABLE", UNAVAILABLE_MESSAGE)
            );
        }
    }

    #[test]
    fn every_rule_of_validation_is_the_callers_to_mend() {
        for rule in &default_rules_validation_plan().rules {
            let error = GraphQLError::from(&ValidationError {
                locations: vec![],
                message: "Cannot query field.".into(),
                error_code: rule.error_code(),
            });
            let error = translated(error);
            assert_eq!(
                (code(&error), error.message.as_str()),
                ("BAD_USER_INPUT", "Cannot query field.")
            );
        }
    }

    #[test]
    fn what_hive_says_of_itself_is_hidden_also_when_it_is_new() {
        for internal in [
            "QUERY_PLAN_BUILD_FAILED",
            "PROJECTION_FAILURE",
            "A_CODE_OF_TOMORROW",
            "",
            "FORBIDDEN",
        ] {
            let error = hive("planner: graph node 17", internal);
            assert_eq!(
                (code(&error), error.message.as_str()),
                ("INTERNAL", INTERNAL_MESSAGE)
            );
        }
    }

    #[test]
    fn the_value_of_a_wrong_variable_is_not_repeated() {
        for message in [
            "String cannot represent a non string value: Number(4711).",
            r#"Expected value of type "Login" to be an object, found: String("4711")."#,
            r#"Value "4711" does not exist in "ExpenseGrouping" enum."#,
        ] {
            let error = hive(message, "BAD_USER_INPUT");
            assert_eq!(code(&error), "BAD_USER_INPUT");
            assert!(!error.message.contains("4711"), "{}", error.message);
        }
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = hive(
            r#"Variable "$first" of required type "Int!" was not provided."#,
            "BAD_USER_INPUT",
        );
        assert!(error.message.contains("$first"), "{}", error.message);
    }
}
