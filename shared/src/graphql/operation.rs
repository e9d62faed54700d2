use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{FromRequest, Request};
use axum::response::Response;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};

use crate::error::ErrorCode;
use crate::http::coded;

/// One operation, read from the body of a request. What is in its document has not been looked at yet.
///
/// The body must say that it is JSON: a web page can make a browser send any other kind to us from anywhere, without
/// asking us first. How deep its JSON is nested is bounded by the parser.
pub(super) struct Operation(pub(super) async_graphql::Request);

impl<S: Send + Sync> FromRequest<S> for Operation {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        if !is_json(request.headers()) {
            return Err(refuse(
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "Send the operation as `Content-Type: application/json`.",
            ));
        }
        let body = Bytes::from_request(request, state).await.map_err(unreadable)?;
        if body.trim_ascii_start().starts_with(b"[") {
            return Err(refuse(StatusCode::BAD_REQUEST, BATCH));
        }
        match serde_json::from_slice::<async_graphql::Request>(&body) {
            Ok(operation) if !operation.query.trim().is_empty() => Ok(Self(operation)),
            _ => Err(refuse(StatusCode::BAD_REQUEST, NOT_AN_OPERATION)),
        }
    }
}

const NOT_AN_OPERATION: &str =
    "The body must be JSON like {\"query\": \"...\", \"variables\": {...}, \"operationName\": \"...\"}.";
const BATCH: &str = "Send one operation per request; lists of operations are not supported.";

/// Whether the body says that it is JSON, whatever parameters the type has.
fn is_json(headers: &HeaderMap) -> bool {
    let Some(kind) = headers.get(CONTENT_TYPE).and_then(|kind| kind.to_str().ok()) else {
        return false;
    };
    let kind = kind.split(';').next().unwrap_or_default().trim();
    ["application/json", "application/graphql-response+json"]
        .iter()
        .any(|json| kind.eq_ignore_ascii_case(json))
}

#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn unreadable(rejection: BytesRejection) -> Response {
    match rejection.status() {
        StatusCode::PAYLOAD_TOO_LARGE => refuse(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large."),
        _ => refuse(
            StatusCode::BAD_REQUEST,
            "The body of the request did not arrive whole.",
        ),
    }
}

fn refuse(status: StatusCode, message: &str) -> Response {
    coded(status, ErrorCode::BadUserInput, message)
}
