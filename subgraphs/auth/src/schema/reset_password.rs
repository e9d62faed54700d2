use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::error::ApiError;

use super::credentials;
use super::device::device_of;
use super::link::told;
use super::password::advice;
use crate::domain::{BadLink, LinkError, PasswordProblem, ResetPasswordError};

#[derive(Default)]
pub(crate) struct ResetPasswordMutation;

#[Object]
impl ResetPasswordMutation {
    /// Sends a link to set a new password, if the address has an account. The answer and its time are the same whether it
    /// has one or not.
    async fn request_password_reset(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Whose password.")] input: RequestPasswordResetInput,
    ) -> Result<RequestPasswordResetPayload, ApiError> {
        let accepted = credentials(ctx)
            .request_password_reset(&input.email, &device_of(ctx, None))
            .await?;
        let error = RequestPasswordResetUserError {
            code: RequestPasswordResetErrorCode::EmailInvalid,
            message: "Give an e-mail address such as ana@example.org.".into(),
            path: Some(vec!["input".into(), "email".into()]),
        };
        Ok(RequestPasswordResetPayload {
            accepted,
            user_errors: if accepted { Vec::new() } else { vec![error] },
        })
    }

    /// Sets a new password with the token of a mailed link, which works once, within an hour. All sessions of the person
    /// end, and their address counts as verified. They can sign in at once from where they sent this, however much others
    /// have guessed.
    async fn reset_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link's token and the new password.")] input: ResetPasswordInput,
    ) -> Result<ResetPasswordPayload, ApiError> {
        let reset = credentials(ctx)
            .reset_password(&input.token, &input.new_password.into(), device_of(ctx, None))
            .await;
        let user_errors = match reset {
            Ok(()) => Vec::new(),
            Err(error) => vec![error.try_into()?],
        };
        Ok(ResetPasswordPayload {
            password_reset: user_errors.is_empty(),
            user_errors,
        })
    }
}

/// Whose password is to be set anew.
#[derive(InputObject)]
struct RequestPasswordResetInput {
    /// The address of the account.
    email: String,
}

/// What came of asking for a link to set a new password.
#[derive(SimpleObject)]
struct RequestPasswordResetPayload {
    /// Whether a link is on its way, should there be an account.
    accepted: bool,
    /// Why nothing is; empty otherwise.
    user_errors: Vec<RequestPasswordResetUserError>,
}

/// Why no link can be sent.
#[derive(SimpleObject)]
struct RequestPasswordResetUserError {
    /// The reason, for a program.
    code: RequestPasswordResetErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why no link can be sent.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum RequestPasswordResetErrorCode {
    /// This is no e-mail address that mail could be sent to.
    EmailInvalid,
}

/// A link's token and the new password.
#[derive(InputObject)]
struct ResetPasswordInput {
    /// The argument `token` of the mailed link.
    token: String,
    /// The new password: at least 15 characters (the server can be set to ask for another number), at most 256, and no
    /// guess.
    new_password: String,
}

/// What came of setting a new password.
#[derive(SimpleObject)]
struct ResetPasswordPayload {
    /// Whether the person has the new password now, and can sign in with it.
    password_reset: bool,
    /// Why the password was not set; empty when it was.
    user_errors: Vec<ResetPasswordUserError>,
}

/// Why a new password was not set.
#[derive(SimpleObject)]
struct ResetPasswordUserError {
    /// The reason, for a program.
    code: ResetPasswordErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why a new password was not set.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum ResetPasswordErrorCode {
    /// This is no token of ours, it was used, or a newer link has taken its place.
    TokenInvalid,
    /// The link was not used within an hour.
    TokenExpired,
    /// The password is too short, or easy to guess; the message says why. The link still works.
    PasswordTooWeak,
    /// The password has more than 256 characters. The link still works.
    PasswordTooLong,
}

impl TryFrom<ResetPasswordError> for ResetPasswordUserError {
    type Error = ApiError;

    fn try_from(error: ResetPasswordError) -> Result<Self, ApiError> {
        use ResetPasswordErrorCode as Code;
        let (code, field, message) = match error {
            ResetPasswordError::Link(LinkError::Bad(bad)) => {
                let code = match bad {
                    BadLink::Invalid => Code::TokenInvalid,
                    BadLink::Expired => Code::TokenExpired,
                };
                (code, "token", told(bad).to_owned())
            }
            ResetPasswordError::New(problem @ PasswordProblem::TooLong) => {
                (Code::PasswordTooLong, "newPassword", advice(problem))
            }
            ResetPasswordError::New(problem) => (Code::PasswordTooWeak, "newPassword", advice(problem)),
            ResetPasswordError::Link(LinkError::Fault(fault)) => return Err(fault.into()),
        };
        Ok(Self {
            code,
            message,
            path: Some(vec!["input".into(), field.into()]),
        })
    }
}
