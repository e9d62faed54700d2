use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::map_request;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::{DefaultOnRequest, DefaultOnResponse, TraceLayer};
use tracing::Level;

use super::REQUEST_ID;
use super::request_id::{NewRequestId, drop_unfit};
use crate::error::{ErrorCode, INTERNAL_MESSAGE};

/// How long a request may take before it is given up.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Surrounds a service's routes with what every request gets: an id, a log line, a time limit, and an answer
/// even when the code behind it panics. Unknown paths get a coded answer too. Probes are merged outside of this: they
/// are asked every few seconds, and have nothing to tell.
pub fn surround(routes: Router) -> Router {
    routes.fallback(unknown_path).layer(
        ServiceBuilder::new()
            .layer(map_request(async |request: Request| drop_unfit(request)))
            .layer(SetRequestIdLayer::new(REQUEST_ID, NewRequestId))
            .layer(
                TraceLayer::new_for_http()
                    .make_span_with(|request: &Request| {
                        let id = request.headers().get(REQUEST_ID).and_then(|id| id.to_str().ok());
                        tracing::info_span!("request", id, method = %request.method(), path = request.uri().path())
                    })
                    .on_request(DefaultOnRequest::new().level(Level::TRACE))
                    .on_response(DefaultOnResponse::new().level(Level::INFO)),
            )
            .layer(PropagateRequestIdLayer::new(REQUEST_ID))
            .layer(CatchPanicLayer::custom(after_panic))
            .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT)),
    )
}

async fn unknown_path() -> Response {
    coded(
        StatusCode::NOT_FOUND,
        ErrorCode::NotFound,
        "There is nothing at this path. The graph is at POST /graphql.",
    )
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands the payload over")]
fn after_panic(payload: Box<dyn Any + Send>) -> Response {
    let text = payload
        .downcast_ref::<&str>()
        .copied()
        .or_else(|| payload.downcast_ref::<String>().map(String::as_str))
        .unwrap_or("no message");
    tracing::error!(panic = text, "a request panicked");
    coded(
        StatusCode::INTERNAL_SERVER_ERROR,
        ErrorCode::Internal,
        INTERNAL_MESSAGE,
    )
}

fn coded(status: StatusCode, code: ErrorCode, message: &str) -> Response {
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code.as_str() } }] });
    let content_type = [(header::CONTENT_TYPE, HeaderValue::from_static("application/json"))];
    (status, content_type, body.to_string()).into_response()
}
