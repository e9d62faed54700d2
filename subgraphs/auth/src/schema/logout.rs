use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::error::ApiError;

use super::device::device_of;
use super::refresh::refusal;
use crate::domain::Sessions;

#[derive(Default)]
pub(crate) struct LogoutMutation;

#[Object]
impl LogoutMutation {
    /// Ends the session of a refresh token, for good. Ending it twice is no error. Access tokens that were given out
    /// before stop working everywhere within seconds.
    async fn logout(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session to end.")] input: LogoutInput,
    ) -> Result<LogoutPayload, ApiError> {
        match ctx
            .data_unchecked::<Arc<Sessions>>()
            .logout(&input.refresh_token, device_of(ctx, None))
            .await
        {
            Ok(()) => Ok(LogoutPayload {
                signed_out: true,
                user_errors: Vec::new(),
            }),
            Err(error) => {
                let refusal = refusal(error)?;
                let error = LogoutUserError {
                    code: LogoutErrorCode::TokenInvalid,
                    message: refusal.message.into(),
                    path: Some(vec!["input".into(), "refreshToken".into()]),
                };
                Ok(LogoutPayload {
                    signed_out: false,
                    user_errors: vec![error],
                })
            }
        }
    }
}

/// The session to end.
#[derive(InputObject)]
struct LogoutInput {
    /// Any refresh token of the session, also one that is spent.
    refresh_token: String,
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
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why no session could be ended.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum LogoutErrorCode {
    /// This is no refresh token of ours, or its session was forgotten long after it ended.
    TokenInvalid,
}
