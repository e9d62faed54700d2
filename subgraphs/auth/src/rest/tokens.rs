use axum::Json;
use axum::extract::rejection::JsonRejection;
use axum::response::{IntoResponse, Response};
use constellation_shared::error::{ApiError, ErrorCode};
use http::StatusCode;
use http::header::{CACHE_CONTROL, RETRY_AFTER};
use serde::Serialize;

use crate::domain::SignIn;
use crate::schema::{TOKEN_TYPE, access_seconds};

/// The answer of OAuth 2.0 (RFC 6749, section 5.1).
#[derive(Serialize)]
struct TokenResponse {
    access_token: String,
    refresh_token: String,
    expires_in: i32,
    token_type: &'static str,
    /// Not of OAuth: for the next `POST /login` of this device.
    #[serde(skip_serializing_if = "Option::is_none")]
    device_token: Option<String>,
}

/// The error of OAuth 2.0 (RFC 6749, section 5.2).
#[derive(Serialize)]
struct TokenError {
    error: &'static str,
    error_description: String,
}

/// The pair of tokens. No cache may keep it.
pub(super) fn granted(signed_in: SignIn) -> Response {
    let body = TokenResponse {
        access_token: signed_in.tokens.access,
        refresh_token: signed_in.tokens.refresh.reveal(),
        expires_in: access_seconds(),
        token_type: TOKEN_TYPE,
        device_token: signed_in.device.map(|token| token.reveal()),
    };
    ([(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}

/// The credentials or the token are not good.
pub(super) fn refused(description: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "invalid_grant", description)
}

/// The body is not what it should be. Of the parser's words only the kind of problem is told.
pub(super) fn malformed(rejection: &JsonRejection, wanted: &str) -> Response {
    error(
        rejection.status(),
        "invalid_request",
        &format!("Send JSON with {wanted}."),
    )
}

/// The body is JSON, and does not say what is meant.
pub(super) fn unclear(description: &str) -> Response {
    error(StatusCode::BAD_REQUEST, "invalid_request", description)
}

/// It was too early to look at it, or the fault is ours.
pub(super) fn failed(fault: &ApiError) -> Response {
    let mut response = match fault.code() {
        // What RFC 8628 calls it.
        ErrorCode::RateLimited => error(StatusCode::TOO_MANY_REQUESTS, "slow_down", fault.message()),
        ErrorCode::Unavailable => error(
            StatusCode::SERVICE_UNAVAILABLE,
            "temporarily_unavailable",
            fault.message(),
        ),
        _ => error(StatusCode::INTERNAL_SERVER_ERROR, "server_error", fault.message()),
    };
    if let Some(seconds) = fault.retry_after() {
        response.headers_mut().insert(RETRY_AFTER, seconds.into());
    }
    response
}

fn error(status: StatusCode, error: &'static str, description: &str) -> Response {
    let body = TokenError {
        error,
        error_description: description.to_owned(),
    };
    (status, [(CACHE_CONTROL, "no-store")], Json(body)).into_response()
}
