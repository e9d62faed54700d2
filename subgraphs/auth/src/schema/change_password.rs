use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::credentials;
use super::device::device_of;
use super::password::advice;
use super::user::User;
use crate::domain::{ChangePasswordError, PasswordProblem};

#[derive(Default)]
pub(crate) struct ChangePasswordMutation;

#[Object]
impl ChangePasswordMutation {
    /// Gives the signed-in person a new password. All their other sessions end; the one that asks goes on. They are told
    /// by e-mail.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The passwords.")] input: ChangePasswordInput,
    ) -> Result<ChangePasswordPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let changed = credentials(ctx)
            .change_password(
                viewer,
                &input.current_password.into(),
                &input.new_password.into(),
                device_of(ctx, None),
            )
            .await;
        match changed {
            Ok(user) => Ok(ChangePasswordPayload {
                user: Some(user.into()),
                user_errors: Vec::new(),
            }),
            Err(error) => Ok(ChangePasswordPayload {
                user: None,
                user_errors: vec![error.try_into()?],
            }),
        }
    }
}

/// The password that a person has, and the one that they want.
#[derive(InputObject)]
struct ChangePasswordInput {
    /// The password that they sign in with now.
    current_password: String,
    /// The new one: at least 15 characters (the server can be set to ask for another number), at most 256, and no guess.
    new_password: String,
}

/// What came of changing a password.
#[derive(SimpleObject)]
struct ChangePasswordPayload {
    /// The person; null when there are user errors.
    user: Option<User>,
    /// Why the password was not changed; empty when it was.
    user_errors: Vec<ChangePasswordUserError>,
}

/// Why a password was not changed.
#[derive(SimpleObject)]
struct ChangePasswordUserError {
    /// The reason, for a program.
    code: ChangePasswordErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why a password was not changed.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum ChangePasswordErrorCode {
    /// The current password is wrong.
    CurrentPasswordWrong,
    /// The new password is too short, or easy to guess; the message says why.
    PasswordTooWeak,
    /// The new password has more than 256 characters.
    PasswordTooLong,
}

impl TryFrom<ChangePasswordError> for ChangePasswordUserError {
    type Error = ApiError;

    fn try_from(error: ChangePasswordError) -> Result<Self, ApiError> {
        use ChangePasswordErrorCode as Code;
        let (code, field, message) = match error {
            ChangePasswordError::CurrentWrong => (
                Code::CurrentPasswordWrong,
                "currentPassword",
                "This is not your current password.".to_owned(),
            ),
            ChangePasswordError::New(problem @ PasswordProblem::TooLong) => {
                (Code::PasswordTooLong, "newPassword", advice(problem))
            }
            ChangePasswordError::New(problem) => (Code::PasswordTooWeak, "newPassword", advice(problem)),
            ChangePasswordError::Fault(fault) => return Err(fault.into()),
        };
        Ok(Self {
            code,
            message,
            path: Some(vec!["input".into(), field.into()]),
        })
    }
}
