use std::any::Any;
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use axum::middleware::{map_request, map_response};
use axum::response::Response;
use http::StatusCode;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::timeout::TimeoutLayer;
use tower_http::trace::{DefaultOnRequest, OnResponse, TraceLayer};
use tracing::{Level, Span};

use super::REQUEST_ID;
use super::refusal::{coded, with_code};
use super::request_id::{NewRequestId, drop_unfit};
use crate::error::{ErrorCode, INTERNAL_MESSAGE};

/// How long a request may take before it is given up.
const TIMEOUT: Duration = Duration::from_secs(30);

/// Surrounds a service's routes with what every request gets: an id, a log line, a time limit, and an answer
/// even when the code behind it panics. Every refusal has a coded body, also that of an
/// unknown path or method and of a body that is too large. Probes are merged outside of this: they are asked every few
/// seconds, and have nothing to tell.
pub fn surround(routes: Router) -> Router {
    // The fallback is named, so that it is surrounded too and stays when other routes are merged in.
    let routes = routes.fallback(async || StatusCode::NOT_FOUND);
    routes.layer(
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
                    .on_response(LogAnswer)
                    // The one line of the answer says it all.
                    .on_failure(()),
            )
            .layer(PropagateRequestIdLayer::new(REQUEST_ID))
            .layer(CatchPanicLayer::custom(after_panic))
            .layer(map_response(with_code))
            .layer(TimeoutLayer::with_status_code(StatusCode::GATEWAY_TIMEOUT, TIMEOUT)),
    )
}

/// The line that every request leaves, in the shape of the router's own.
#[derive(Clone, Copy)]
struct LogAnswer;

impl<B> OnResponse<B> for LogAnswer {
    fn on_response(self, response: &http::Response<B>, latency: Duration, _span: &Span) {
        let status = response.status().as_u16();
        let milliseconds = u64::try_from(latency.as_millis()).unwrap_or(u64::MAX);
        tracing::info!(status, milliseconds, "answered");
    }
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
