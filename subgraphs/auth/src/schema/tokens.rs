use async_graphql::SimpleObject;

use crate::domain::{self, LIFETIMES};

/// The two tokens of a signed-in device.
#[derive(SimpleObject)]
pub(crate) struct TokenPair {
    /// Goes with every request, as the header `Authorization: Bearer <accessToken>`. Valid for 15 minutes.
    access_token: String,
    /// Gets the next pair, once, from the `refresh` mutation. Valid for 7 days, and a session for 90 days in all. Keep it
    /// where no other program can read it. Null when it is in a cookie.
    refresh_token: Option<String>,
    /// In how many seconds the access token ends. Count from when you got the answer, not by the server's clock.
    expires_in: i32,
    /// How the access token is used: always `Bearer`.
    token_type: String,
}

impl TokenPair {
    pub(super) fn with_refresh_token(tokens: domain::TokenPair) -> Self {
        let refresh_token = Some(tokens.refresh.reveal());
        Self {
            refresh_token,
            ..Self::without_refresh_token(tokens)
        }
    }

    pub(super) fn without_refresh_token(tokens: domain::TokenPair) -> Self {
        Self {
            access_token: tokens.access,
            refresh_token: None,
            expires_in: access_seconds(),
            token_type: TOKEN_TYPE.into(),
        }
    }
}

/// How long an access token is valid, in seconds.
pub(crate) fn access_seconds() -> i32 {
    i32::try_from(LIFETIMES.access.num_seconds()).unwrap_or(i32::MAX)
}

/// The `token_type` of OAuth 2.0.
pub(crate) const TOKEN_TYPE: &str = "Bearer";
