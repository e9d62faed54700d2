use std::sync::Arc;

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use constellation_shared::auth::FEED_TYPE;
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};

use crate::domain::SessionFeed;

/// The signed feed of ended sessions. It is asked for every few seconds by every service, and mostly has not changed.
pub(super) async fn ended_sessions(State(feed): State<Arc<SessionFeed>>, headers: HeaderMap) -> Response {
    let Some(published) = feed.published() else {
        // It is published before anything is served.
        return StatusCode::SERVICE_UNAVAILABLE.into_response();
    };
    let tag = format!("\"{}\"", published.tag);
    let always = [(CACHE_CONTROL, "no-cache".to_owned()), (ETAG, tag.clone())];
    if headers
        .get_all(IF_NONE_MATCH)
        .iter()
        .any(|known| known == tag.as_str())
    {
        return (StatusCode::NOT_MODIFIED, always).into_response();
    }
    let content_type = [(CONTENT_TYPE, format!("application/{FEED_TYPE}"))];
    (always, content_type, published.text.clone()).into_response()
}
