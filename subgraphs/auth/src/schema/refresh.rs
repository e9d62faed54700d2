use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::error::ApiError;

use super::delivery::{Presented, RefreshTokenDelivery, Unclear, presented};
use super::device::device_of;
use super::session::{SessionEndReason, told};
use super::tokens::TokenPair;
use super::user::User;
use crate::domain::{RefreshError, Sessions};

#[derive(Default)]
pub(crate) struct RefreshMutation;

#[Object]
impl RefreshMutation {
    /// Exchanges a refresh token for a new pair of tokens. The token is spent by that. When the answer got lost, or two
    /// tabs did it at the same time, the same token may be sent again within 10 seconds and gives the same new refresh
    /// token; later than that a spent token means that somebody has a copy, and ends the session.
    ///
    /// A token that comes in the cookie is replaced there. A refresh that fails leaves the cookie alone.
    async fn refresh(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token to exchange.")] input: RefreshInput,
    ) -> Result<RefreshPayload, ApiError> {
        let Presented { token, by } = match presented(ctx, input.refresh_token)? {
            Ok(presented) => presented,
            Err(unclear) => return Ok(RefreshPayload::refused(unclear.into())),
        };
        match ctx
            .data_unchecked::<Arc<Sessions>>()
            .refresh(&token, device_of(ctx, None))
            .await
        {
            Ok(signed_in) => Ok(RefreshPayload {
                user: Some(signed_in.user.into()),
                tokens: Some(by.hand_over(ctx, signed_in.tokens)),
                user_errors: Vec::new(),
            }),
            Err(error) => Ok(RefreshPayload::refused(RefreshUserError::told(
                &refusal(error)?,
                by,
            ))),
        }
    }
}

/// The refresh token to exchange.
#[derive(InputObject)]
struct RefreshInput {
    /// The refresh token of the latest pair; leave it out when the browser has it in the cookie.
    refresh_token: Option<String>,
}

/// What came of a refresh.
#[derive(SimpleObject)]
struct RefreshPayload {
    /// The person whose session it is; null when there are user errors.
    user: Option<User>,
    /// The next pair of tokens; null when there are user errors.
    tokens: Option<TokenPair>,
    /// Why there are no new tokens; empty when there are.
    user_errors: Vec<RefreshUserError>,
}

/// Why a refresh token could not be exchanged.
#[derive(SimpleObject)]
struct RefreshUserError {
    /// The reason, for a program.
    code: RefreshErrorCode,
    /// Why the session was ended; only with the code `SESSION_REVOKED`.
    reason: Option<SessionEndReason>,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong; null when it is the cookie.
    path: Option<Vec<String>>,
}

/// The reasons why a refresh token could not be exchanged. But for `TOKEN_AMBIGUOUS`, the person has to sign in again.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum RefreshErrorCode {
    /// This is no refresh token of ours, or its session was forgotten long after it ended.
    TokenInvalid,
    /// The token was not used for 7 days, or its session has lasted for 90.
    TokenExpired,
    /// The session was ended; `reason` says why.
    SessionRevoked,
    /// There is no token, neither in the input nor in a cookie.
    TokenMissing,
    /// There are two tokens, in the input and in a cookie or in two cookies. Nothing was done with either.
    TokenAmbiguous,
}

/// A refusal that the holder of a token is told about.
pub(crate) struct Refusal {
    pub(crate) code: RefreshErrorCode,
    pub(crate) reason: Option<SessionEndReason>,
    pub(crate) message: &'static str,
}

/// What the holder of a token is told; a fault of ours stays one.
pub(crate) fn refusal(error: RefreshError) -> Result<Refusal, ApiError> {
    use RefreshErrorCode as Code;
    let reason = match &error {
        RefreshError::Ended(reason) => Some((*reason).into()),
        _ => None,
    };
    let (code, message) = match error {
        RefreshError::Invalid => (
            Code::TokenInvalid,
            "This is not a valid refresh token. Sign in again.",
        ),
        RefreshError::Expired => (Code::TokenExpired, "This sign-in has expired. Sign in again."),
        RefreshError::Ended(reason) => (Code::SessionRevoked, told(reason)),
        RefreshError::Store(error) => return Err(error.into()),
        RefreshError::Attempts(error) => return Err(error.into()),
        error @ RefreshError::Signing(_) => return Err(ApiError::internal(&error)),
    };
    Ok(Refusal {
        code,
        reason,
        message,
    })
}

impl RefreshPayload {
    fn refused(error: RefreshUserError) -> Self {
        Self {
            user: None,
            tokens: None,
            user_errors: vec![error],
        }
    }
}

impl RefreshUserError {
    fn told(refusal: &Refusal, by: RefreshTokenDelivery) -> Self {
        Self {
            code: refusal.code,
            reason: refusal.reason,
            message: refusal.message.into(),
            path: (by == RefreshTokenDelivery::Payload).then(path),
        }
    }
}

impl From<Unclear> for RefreshUserError {
    fn from(unclear: Unclear) -> Self {
        Self {
            code: match unclear {
                Unclear::Missing => RefreshErrorCode::TokenMissing,
                Unclear::Both | Unclear::TwoCookies => RefreshErrorCode::TokenAmbiguous,
            },
            reason: None,
            message: unclear.told().into(),
            path: (unclear != Unclear::TwoCookies).then(path),
        }
    }
}

/// The input that holds the token.
pub(super) fn path() -> Vec<String> {
    vec!["input".into(), "refreshToken".into()]
}
