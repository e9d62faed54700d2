use std::sync::Arc;

use axum::body::Body;
use constellation_shared::error::ErrorCode;
use hive_router::SubgraphHttpResponse;
use hive_router::executor::hooks::on_subgraph_http_request::OnSubgraphHttpRequestHookPayload;
use http::header::{ACCEPT_ENCODING, CONTENT_LENGTH, HOST};
use http::{HeaderValue, Request};
use http_body_util::BodyExt as _;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tower::ServiceExt as _;

use super::ConstellationPlugin;
use crate::errors::failed;

impl ConstellationPlugin {
    /// Asks a subgraph in this process. It gets the request that Hive would have sent over HTTP, and its answer is the
    /// one that Hive would have got.
    pub(super) async fn call_in_memory(
        &self,
        service: axum::Router,
        payload: &mut OnSubgraphHttpRequestHookPayload<'_>,
    ) -> SubgraphHttpResponse {
        let subgraph = payload.subgraph_name;
        let Some(request) = request(payload) else {
            tracing::error!(subgraph, endpoint = %payload.endpoint, "the subgraph's URL makes no request");
            return failed(ErrorCode::Internal);
        };
        // The subgraph runs on its own runtime: what it spawns there, and the database driver above all, must not depend
        // on a worker of the web server. Dropping the set aborts the call, as closing a connection would.
        let mut call = JoinSet::new();
        call.spawn_on(answer(service, request), &self.runtime);
        match timeout(self.subgraph_timeout, call.join_next()).await {
            Ok(Some(Ok(Ok(response)))) => response,
            Ok(Some(Ok(Err(error)))) => {
                tracing::error!(subgraph, %error, "a subgraph's answer broke off");
                failed(ErrorCode::Unavailable)
            }
            Ok(Some(Err(error))) if error.is_panic() => {
                tracing::error!(subgraph, "a subgraph panicked");
                failed(ErrorCode::Internal)
            }
            Ok(Some(Err(_)) | None) => {
                tracing::warn!(subgraph, "a subgraph is stopping");
                failed(ErrorCode::Unavailable)
            }
            Err(_elapsed) => {
                tracing::warn!(subgraph, "a subgraph took too long");
                failed(ErrorCode::Unavailable)
            }
        }
    }
}

/// Takes the request out of the hook: nobody else sends it.
fn request(payload: &mut OnSubgraphHttpRequestHookPayload<'_>) -> Option<Request<Body>> {
    // A server sees the path alone; the authority reaches it as the Host header.
    let path = payload
        .endpoint
        .path_and_query()
        .map_or("/", |path| path.as_str());
    let body = std::mem::take(&mut payload.body);
    let length = HeaderValue::from(body.len());
    let mut request = Request::builder()
        .method(payload.method.clone())
        .uri(path)
        .body(Body::from(body))
        .ok()?;
    *request.headers_mut() = std::mem::take(&mut payload.execution_request.headers);
    let headers = request.headers_mut();
    headers.insert(CONTENT_LENGTH, length);
    if let Some(host) = payload
        .endpoint
        .authority()
        .and_then(|host| HeaderValue::from_str(host.as_str()).ok())
    {
        headers.insert(HOST, host);
    }
    // Nothing is gained by compressing what does not leave the process.
    headers.remove(ACCEPT_ENCODING);
    Some(request)
}

async fn answer(service: axum::Router, request: Request<Body>) -> Result<SubgraphHttpResponse, axum::Error> {
    let Ok(response) = service.oneshot(request).await;
    let (parts, body) = response.into_parts();
    Ok(SubgraphHttpResponse {
        status: parts.status,
        headers: Arc::new(parts.headers),
        body: body.collect().await?.to_bytes(),
    })
}
