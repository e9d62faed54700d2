use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::DateTime;

use super::credentials;
use super::device::device_of;
use super::link::told;
use super::user::User;
use crate::domain::{BadLink, DeleteAccountError, LinkError};

#[derive(Default)]
pub(crate) struct DeleteAccountMutation;

#[Object]
impl DeleteAccountMutation {
    /// Has the signed-in person's account deleted, with all that is theirs alone in every app, after some days (the server
    /// says how many: 30 by default). All sessions end at once, this one too. Until the day the account can be kept with
    /// `cancelAccountDeletion`, by the link that is mailed or after signing in again. Asking again does not move the day.
    async fn delete_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's password.")] input: DeleteAccountInput,
    ) -> Result<DeleteAccountPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let deleted = credentials(ctx)
            .delete_account(viewer, &input.password.into(), device_of(ctx, None))
            .await;
        match deleted {
            Ok(due) => Ok(DeleteAccountPayload {
                deletion_scheduled_at: Some(due.into()),
                user_errors: Vec::new(),
            }),
            Err(DeleteAccountError::PasswordWrong) => Ok(DeleteAccountPayload {
                deletion_scheduled_at: None,
                user_errors: vec![DeleteAccountUserError {
                    code: DeleteAccountErrorCode::PasswordWrong,
                    message: "This is not your password.".into(),
                    path: Some(vec!["input".into(), "password".into()]),
                }],
            }),
            Err(DeleteAccountError::Fault(fault)) => Err(fault.into()),
        }
    }

    /// Keeps an account that was going to be deleted: the one of the mailed link, or else the signed-in person's own. One
    /// that was not going to be deleted just stays.
    async fn cancel_account_deletion(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which account.")] input: CancelAccountDeletionInput,
    ) -> Result<CancelAccountDeletionPayload, ApiError> {
        let device = device_of(ctx, None);
        let Some(token) = input.token else {
            let viewer = Caller::require(ctx)?;
            let user = credentials(ctx).keep_account(viewer, device).await?;
            return Ok(CancelAccountDeletionPayload {
                kept: user.is_some(),
                user: user.map(User::from),
                user_errors: Vec::new(),
            });
        };
        let user_errors = match credentials(ctx).keep_account_by_link(&token, device).await {
            Ok(()) => Vec::new(),
            Err(LinkError::Bad(link)) => vec![link.into()],
            Err(LinkError::Fault(fault)) => return Err(fault.into()),
        };
        Ok(CancelAccountDeletionPayload {
            kept: user_errors.is_empty(),
            user: None,
            user_errors,
        })
    }
}

/// What proves that it is the owner who wants the account deleted.
#[derive(InputObject)]
struct DeleteAccountInput {
    /// The password that they sign in with.
    password: String,
}

/// What came of asking for an account to be deleted.
#[derive(SimpleObject)]
struct DeleteAccountPayload {
    /// When the account is going to be deleted; null when there are user errors.
    deletion_scheduled_at: Option<DateTime>,
    /// Why it is not; empty when it is.
    user_errors: Vec<DeleteAccountUserError>,
}

/// Why an account is not going to be deleted.
#[derive(SimpleObject)]
struct DeleteAccountUserError {
    /// The reason, for a program.
    code: DeleteAccountErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why an account is not going to be deleted.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum DeleteAccountErrorCode {
    /// The password is wrong.
    PasswordWrong,
}

/// Which account is to be kept.
#[derive(InputObject)]
struct CancelAccountDeletionInput {
    /// The token of the mailed link. Leave it out to keep the signed-in person's own account.
    token: Option<String>,
}

/// What came of keeping an account.
#[derive(SimpleObject)]
struct CancelAccountDeletionPayload {
    /// Whether the account stays.
    kept: bool,
    /// The signed-in person; null when it was asked for with a token.
    user: Option<User>,
    /// Why nothing was changed; empty when the account stays.
    user_errors: Vec<CancelAccountDeletionUserError>,
}

/// Why an account could not be kept.
#[derive(SimpleObject)]
struct CancelAccountDeletionUserError {
    /// The reason, for a program.
    code: CancelAccountDeletionErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why an account could not be kept.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum CancelAccountDeletionErrorCode {
    /// The link is none of ours, was used, or a newer one has taken its place; or the account is gone.
    TokenInvalid,
    /// The day has come.
    TokenExpired,
}

impl From<BadLink> for CancelAccountDeletionUserError {
    fn from(link: BadLink) -> Self {
        Self {
            code: match link {
                BadLink::Invalid => CancelAccountDeletionErrorCode::TokenInvalid,
                BadLink::Expired => CancelAccountDeletionErrorCode::TokenExpired,
            },
            message: told(link).into(),
            path: Some(vec!["input".into(), "token".into()]),
        }
    }
}
