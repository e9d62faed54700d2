use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::error::ErrorCode;

/// A refusal in the form that every error of the graph has.
pub(crate) fn coded(status: StatusCode, code: ErrorCode, message: &str) -> Response {
    (status, [(header::CONTENT_TYPE, JSON)], body(code, message)).into_response()
}

const JSON: HeaderValue = HeaderValue::from_static("application/json");

fn body(code: ErrorCode, message: &str) -> String {
    json!({ "errors": [{ "message": message, "extensions": { "code": code.as_str() } }] }).to_string()
}

/// Gives a coded body to a refusal that a library made, which has none or plain text. Its headers stay, such as
/// `Allow`.
pub(super) async fn with_code(response: Response) -> Response {
    let Some((code, message)) = meaning(response.status()) else {
        return response;
    };
    if is_ours(&response) {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.insert(header::CONTENT_TYPE, JSON);
    Response::from_parts(parts, body(code, message).into())
}

/// Whether it says already what we have to say: to a program in JSON, or to a person on a page.
fn is_ours(response: &Response) -> bool {
    response
        .headers()
        .get(header::CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.contains("json") || kind.contains("html"))
}

fn meaning(status: StatusCode) -> Option<(ErrorCode, &'static str)> {
    Some(match status {
        StatusCode::NOT_FOUND => (
            ErrorCode::NotFound,
            "There is nothing at this path. The graph is at POST /graphql.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            ErrorCode::BadUserInput,
            "This path does not take this method; the Allow header names what it takes. The graph is at POST /graphql.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => (ErrorCode::BadUserInput, "The request is too large."),
        StatusCode::UNSUPPORTED_MEDIA_TYPE => (
            ErrorCode::BadUserInput,
            "Send the body as `Content-Type: application/json`.",
        ),
        StatusCode::GATEWAY_TIMEOUT => (
            ErrorCode::Unavailable,
            "The answer took too long and was given up. Try again, or ask for less at once.",
        ),
        _ => return None,
    })
}
