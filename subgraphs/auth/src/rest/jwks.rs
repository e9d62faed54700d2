use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

use crate::keys::LiveKeys;

/// The public keys. They may be kept for a few minutes: a new key is published long before it signs anything.
pub(super) async fn jwks(State(keys): State<Arc<LiveKeys>>) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/jwk-set+json"),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, keys.load().signing().jwks()).into_response()
}
