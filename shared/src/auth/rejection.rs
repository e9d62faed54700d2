use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

use crate::error::{ErrorCode, UNAVAILABLE_MESSAGE};

/// Why a token is not accepted. Each message is safe to send: it says what the holder can do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum InvalidToken {
    /// The header is not `Bearer <token>`, or there are several.
    #[error("A request has one Authorization header, which must read `Bearer <access token>`.")]
    Malformed,
    /// Not one of our access tokens: another kind of JWT, algorithm, issuer or audience, or a missing claim.
    #[error("This is not an access token for this service. Sign in again.")]
    NotOurs,
    /// The signature does not match, or no key of ours made it.
    #[error("The signature of this access token is not valid. Sign in again.")]
    BadSignature,
    /// The key that signed it is not known (yet).
    #[error("This access token was signed with a key that is not known here. Sign in again.")]
    UnknownKey,
    /// It has ended.
    #[error("This access token has expired. Use the refresh token to get a new one.")]
    Expired,
    /// It claims to have been issued in the future.
    #[error("This access token is not valid yet: a clock is wrong.")]
    FromTheFuture,
    /// Its session was ended: signed out, or ended by its owner or by us.
    #[error("This session was ended. Sign in again.")]
    SessionEnded,
    /// It tells of the person's households as they no longer are.
    #[error("Your households have changed. Use the refresh token to get a new access token.")]
    HouseholdsChanged,
}

/// Why a request does not get past the check of its token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Rejection {
    /// The token is bad: HTTP 401.
    #[error("{0}")]
    Invalid(#[from] InvalidToken),
    /// No verification keys have been loaded yet, so nothing can be said of any token: HTTP 503.
    #[error("{UNAVAILABLE_MESSAGE}")]
    KeysUnavailable,
    /// Whether its session has ended is not known, or not recently enough: HTTP 503.
    #[error("{UNAVAILABLE_MESSAGE}")]
    EndedSessionsUnavailable,
}

impl Rejection {
    /// The status of the answer.
    #[must_use]
    pub const fn status(&self) -> StatusCode {
        match self {
            Self::Invalid(_) => StatusCode::UNAUTHORIZED,
            Self::KeysUnavailable | Self::EndedSessionsUnavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// The `WWW-Authenticate` header of the answer (RFC 6750), for a bad token.
    #[must_use]
    pub const fn challenge(&self) -> Option<HeaderValue> {
        match self {
            Self::Invalid(_) => Some(HeaderValue::from_static(r#"Bearer error="invalid_token""#)),
            Self::KeysUnavailable | Self::EndedSessionsUnavailable => None,
        }
    }

    /// The GraphQL body of the answer.
    #[must_use]
    pub fn body(&self) -> String {
        let code = match self {
            Self::Invalid(_) => ErrorCode::Unauthenticated,
            Self::KeysUnavailable | Self::EndedSessionsUnavailable => ErrorCode::Unavailable,
        };
        json!({ "errors": [{ "message": self.to_string(), "extensions": { "code": code.as_str() } }] })
            .to_string()
    }
}

impl IntoResponse for Rejection {
    fn into_response(self) -> Response {
        let mut response = (self.status(), self.body()).into_response();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        if let Some(challenge) = self.challenge() {
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
