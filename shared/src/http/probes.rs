use std::sync::Arc;

use async_trait::async_trait;
use axum::routing::get;
use axum::{Json, Router};
use futures_util::future::join_all;
use http::StatusCode;
use serde_json::{Map, Value, json};

/// Something that a service cannot work without.
#[async_trait]
pub trait Check: Send + Sync + 'static {
    /// What it is, as `/ready` names it.
    fn name(&self) -> &'static str;

    /// Whether it is there; if not, a reason that may be shown to anybody.
    async fn check(&self) -> Result<(), String>;

    /// What is to be said of it although it is there.
    fn remark(&self) -> Option<String> {
        None
    }
}

/// `GET /health`: the process is alive. `GET /ready`: it can serve, because everything it needs is there; otherwise
/// 503, naming what is missing.
pub fn probes(checks: Vec<Arc<dyn Check>>) -> Router {
    let checks: Arc<[_]> = checks.into();
    Router::new()
        .route("/health", get(async || Json(json!({ "status": "alive" }))))
        .route(
            "/ready",
            get(async move || {
                let (status, body) = readiness(&checks).await;
                (status, Json(body))
            }),
        )
}

/// What `/ready` answers: its status and its JSON.
pub async fn readiness(checks: &[Arc<dyn Check>]) -> (StatusCode, Value) {
    let results = join_all(checks.iter().map(async |check| (check, check.check().await))).await;
    let ready = results.iter().all(|(_, result)| result.is_ok());
    let checks: Map<String, Value> = results
        .into_iter()
        .map(|(check, result)| {
            let said = result.map_or_else(
                |reason| reason,
                |()| check.remark().unwrap_or_else(|| "ok".into()),
            );
            (check.name().to_owned(), said.into())
        })
        .collect();
    let (status, word) = if ready {
        (StatusCode::OK, "ready")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "not ready")
    };
    (status, json!({ "status": word, "checks": checks }))
}
