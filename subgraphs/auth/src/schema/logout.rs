use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::error::ApiError;

use super::delivery::{Presented, RefreshTokenDelivery, Unclear, presented};
use super::device::device_of;
use super::refresh::{path, refusal};
use crate::domain::Sessions;

#[derive(Default)]
pub(crate) struct LogoutMutation;

#[Object]
impl LogoutMutation {
    /// Ends the session of a refresh token, for good. Ending it twice is no error. Access tokens that were given out
    /// before stop working everywhere within seconds. A token that comes in the cookie is removed from the browser.
    async fn logout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session to end.")] input: LogoutInput,
    ) -> Result<LogoutPayload, ApiError> {
        let Presented { token, by } = match presented(ctx, input.refresh_token)? {
            Ok(presented) => presented,
            Err(unclear) => return Ok(LogoutPayload::refused(unclear.into())),
        };
        let ended = ctx
            .data_unchecked::<Arc<Sessions>>()
            .logout(&token, device_of(ctx, None))
            .await;
        match ended.map_err(refusal) {
            Ok(()) => {
                by.take_back(ctx);
                Ok(LogoutPayload {
                    signed_out: true,
                    user_errors: Vec::new(),
                })
            }
            // The session may go on: the browser keeps the token to try again with.
            Err(Err(fault)) => Err(fault),
            Err(Ok(refusal)) => {
                by.take_back(ctx);
                Ok(LogoutPayload::refused(LogoutUserError {
                    code: LogoutErrorCode::TokenInvalid,
                    message: refusal.message.into(),
                    path: (by == RefreshTokenDelivery::Payload).then(path),
                }))
            }
        }
    }
}

/// The session to end.
#[derive(InputObject)]
struct LogoutInput {
    /// Any refresh token of the session, also one that is spent; leave it out when the browser has it in the cookie.
    refresh_token: Option<String>,
}

/// What came of signing out.
#[derive(SimpleObject)]
struct LogoutPayload {
    /// Whether the session is over now.
    signed_out: bool,
    /// Why no session was ended; empty when it is over.
    user_errors: Vec<LogoutUserError>,
}

/// Why no session could be ended.
#[derive(SimpleObject)]
struct LogoutUserError {
    /// The reason, for a program.
    code: LogoutErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong; null when it is the cookie.
    path: Option<Vec<String>>,
}

/// The reasons why no session could be ended.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[expect(
    clippy::enum_variant_names,
    reason = "these are the names that clients see, as in `RefreshErrorCode`"
)]
enum LogoutErrorCode {
    /// This is no refresh token of ours, or its session was forgotten long after it ended.
    TokenInvalid,
    /// There is no token, neither in the input nor in a cookie.
    TokenMissing,
    /// There are two tokens, in the input and in a cookie or in two cookies. Neither session was ended.
    TokenAmbiguous,
}

impl LogoutPayload {
    fn refused(error: LogoutUserError) -> Self {
        Self {
            signed_out: false,
            user_errors: vec![error],
        }
    }
}

impl From<Unclear> for LogoutUserError {
    fn from(unclear: Unclear) -> Self {
        Self {
            code: match unclear {
                Unclear::Missing => LogoutErrorCode::TokenMissing,
                Unclear::Both | Unclear::TwoCookies => LogoutErrorCode::TokenAmbiguous,
            },
            message: unclear.told().into(),
            path: (unclear != Unclear::TwoCookies).then(path),
        }
    }
}
