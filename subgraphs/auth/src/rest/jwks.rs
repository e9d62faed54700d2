use axum::response::{IntoResponse, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE};

/// The public keys. They may be kept for a few minutes: a new key is published long before it signs anything.
pub(super) fn response(jwks: &str) -> Response {
    let headers = [
        (CONTENT_TYPE, "application/jwk-set+json"),
        (CACHE_CONTROL, "public, max-age=300"),
    ];
    (headers, jwks.to_owned()).into_response()
}
