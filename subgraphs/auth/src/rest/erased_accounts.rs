use std::sync::Arc;

use axum::extract::{Query, State};
use axum::response::{IntoResponse, Response};
use constellation_shared::erased::ERASED_TYPE;
use constellation_shared::error::chain;
use http::StatusCode;
use http::header::{CACHE_CONTROL, CONTENT_TYPE};
use serde::Deserialize;

use crate::domain::Erasure;

#[derive(Deserialize)]
pub(super) struct Place {
    /// The number of the last account that the reader knows of.
    #[serde(default)]
    after: u32,
}

/// A signed page of the log of erased accounts, which is kept for ever: who was away for a year catches up.
pub(super) async fn erased_accounts(
    State(erasure): State<Arc<Erasure>>,
    Query(place): Query<Place>,
) -> Response {
    match erasure.log(place.after.into()).await {
        Ok(page) => {
            let headers = [
                (CACHE_CONTROL, "no-store".to_owned()),
                (CONTENT_TYPE, format!("application/{ERASED_TYPE}")),
            ];
            (headers, page).into_response()
        }
        Err(error) => {
            tracing::warn!(error = %chain(&error), "the log of erased accounts cannot be read");
            StatusCode::SERVICE_UNAVAILABLE.into_response()
        }
    }
}
