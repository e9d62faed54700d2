use std::fmt;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use constellation_shared::error::{ErrorCode, INTERNAL_MESSAGE};
use constellation_shared::http::{REQUEST_ID, is_fit_request_id, new_request_id};
use constellation_shared::program::Stop;
use futures_util::FutureExt as _;
use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::http::header::HeaderValue;
use hive_router::ntex::service::{Middleware, Service, ServiceCtx};
use hive_router::ntex::web::{DefaultError, Error, WebRequest, WebResponse, WebResponseError};
use hive_router::ntex::{SharedCfg, forward_ready};
use http::header::{ACCESS_CONTROL_ALLOW_ORIGIN, CACHE_CONTROL};
use tracing::Instrument as _;

use super::FORWARDED_FOR;
use super::cookies::keep_ours;
use super::pages::coded_body;
use crate::hive::GRAPHQL_PATH;
use crate::live::{is_stream, relay, without_multipart};

/// Gives every request an id, the address that it came from, no cookie but ours, one log line, and an answer even when the code behind it
/// panics.
#[derive(Clone)]
pub(crate) struct Surround {
    pub(crate) trust_forwarded_for: bool,
    /// Resolves when the router stops, which ends its streams.
    pub(crate) stop: Stop,
}

impl<S> Middleware<S, SharedCfg> for Surround {
    type Service = Surrounded<S>;

    fn create(&self, service: S, _cfg: SharedCfg) -> Surrounded<S> {
        Surrounded {
            service,
            surround: self.clone(),
        }
    }
}

pub(crate) struct Surrounded<S> {
    service: S,
    surround: Surround,
}

impl<S> Service<WebRequest<DefaultError>> for Surrounded<S>
where
    S: Service<WebRequest<DefaultError>, Response = WebResponse, Error = Error>,
{
    type Response = WebResponse;
    type Error = Error;

    forward_ready!(service);

    async fn call(
        &self,
        mut request: WebRequest<DefaultError>,
        ctx: ServiceCtx<'_, Self>,
    ) -> Result<WebResponse, Error> {
        let start = Instant::now();
        let id = sane_id(request.headers()).unwrap_or_else(new_id);
        request.headers_mut().insert(REQUEST_ID, id.clone());
        let from = forwarded_for(&request, self.surround.trust_forwarded_for);
        request.headers_mut().remove(FORWARDED_FOR);
        if let Some(from) = from {
            request.headers_mut().insert(FORWARDED_FOR, from);
        }
        let method = request.method().clone();
        keep_ours(&method, request.headers_mut());

        let is_operation = request.path() == GRAPHQL_PATH;
        if is_operation {
            without_multipart(request.headers_mut());
        }
        let span = tracing::info_span!(
            "request",
            id = id.to_str().unwrap_or_default(),
            method = %request.method(),
            path = request.path()
        );
        async {
            let answer = AssertUnwindSafe(ctx.call(&self.service, request))
                .catch_unwind()
                .await;
            let mut response = answer.unwrap_or_else(|_| Err(Panicked.into()))?;
            if is_stream(response.headers()) {
                let (id, stop) = (
                    id.to_str().unwrap_or_default().to_owned(),
                    self.surround.stop.clone(),
                );
                response = response.map_body(|_, body| relay(body, id, stop));
            }
            let status = response.status().as_u16();
            let milliseconds = u64::try_from(start.elapsed().as_millis()).unwrap_or(u64::MAX);
            if is_operation {
                tracing::info!(status, milliseconds, "answered");
            } else {
                tracing::debug!(status, milliseconds, "answered");
            }
            response.headers_mut().insert(REQUEST_ID, id);
            // Hive's way to say no, which is a yes for pages whose origin is `null`, such as sandboxed frames.
            let allowed = response.headers().get(ACCESS_CONTROL_ALLOW_ORIGIN);
            if allowed.is_some_and(|origin| origin.as_bytes() == b"null") {
                response.headers_mut().remove(ACCESS_CONTROL_ALLOW_ORIGIN);
            }
            if is_operation {
                // Tokens, and what belongs to one person.
                let keep_nothing = HeaderValue::from_static("no-store");
                response.headers_mut().insert(CACHE_CONTROL, keep_nothing);
            }
            Ok(response)
        }
        .instrument(span)
        .await
    }
}

/// The id that the client gave, if it is fit.
fn sane_id(headers: &HeaderMap) -> Option<HeaderValue> {
    let id = headers.get(REQUEST_ID)?;
    is_fit_request_id(id.as_bytes()).then(|| id.clone())
}

fn new_id() -> HeaderValue {
    HeaderValue::try_from(new_request_id())
        .unwrap_or_else(|_| unreachable!("hexadecimal digits make a header value"))
}

/// The addresses that the request came through, as far as they are known: the sender's own, after those that it claims
/// to speak for when it is trusted to.
fn forwarded_for(request: &WebRequest<DefaultError>, trust: bool) -> Option<HeaderValue> {
    let peer = request.peer_addr()?.ip();
    let claimed = request
        .headers()
        .get_all(FORWARDED_FOR)
        .filter_map(|claimed| claimed.to_str().ok())
        .filter(|_| trust);
    let mut through: Vec<_> = claimed.map(str::to_owned).collect();
    through.push(peer.to_string());
    HeaderValue::try_from(through.join(", ")).ok()
}

/// The code behind a request panicked. What is shown of it is the body of the answer.
#[derive(Debug)]
struct Panicked;

impl fmt::Display for Panicked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        tracing::error!("a request panicked");
        f.write_str(&coded_body(ErrorCode::Internal, INTERNAL_MESSAGE))
    }
}

impl WebResponseError<DefaultError> for Panicked {}
