use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::credentials;
use super::device::device_of;
use super::link::told;
use crate::domain::{BadLink, ConfirmEmailError, EmailChangeError, LinkError};

#[derive(Default)]
pub(crate) struct ChangeEmailMutation;

#[Object]
impl ChangeEmailMutation {
    /// Begins to move the signed-in person's account to another address. Both addresses get a link, and when both are
    /// confirmed with `confirmEmailChange` the account moves. Where the old address was never verified, the new one
    /// alone decides.
    async fn request_email_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The new address.")] input: RequestEmailChangeInput,
    ) -> Result<RequestEmailChangePayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let requested = credentials(ctx)
            .request_email_change(
                viewer,
                &input.new_email,
                &input.password.into(),
                device_of(ctx, None),
            )
            .await;
        let user_errors = match requested {
            Ok(()) => Vec::new(),
            Err(error) => vec![error.try_into()?],
        };
        Ok(RequestEmailChangePayload {
            accepted: user_errors.is_empty(),
            user_errors,
        })
    }

    /// Confirms a change of address with the token of one of the two mailed links, each of which works once, within 24
    /// hours. Whoever opens a link need not be signed in.
    async fn confirm_email_change(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link's token.")] input: ConfirmEmailChangeInput,
    ) -> Result<ConfirmEmailChangePayload, ApiError> {
        let confirmed = credentials(ctx)
            .confirm_email_change(&input.token, device_of(ctx, None))
            .await;
        match confirmed {
            Ok(changed) => Ok(ConfirmEmailChangePayload {
                confirmed: true,
                email_changed: changed,
                user_errors: Vec::new(),
            }),
            Err(error) => Ok(ConfirmEmailChangePayload {
                confirmed: false,
                email_changed: false,
                user_errors: vec![error.try_into()?],
            }),
        }
    }
}

/// Where an account is to move to.
#[derive(InputObject)]
struct RequestEmailChangeInput {
    /// The new address.
    new_email: String,
    /// The person's password.
    password: String,
}

/// What came of asking for a change of address.
#[derive(SimpleObject)]
struct RequestEmailChangePayload {
    /// Whether the links are on their way.
    accepted: bool,
    /// Why none are; empty otherwise.
    user_errors: Vec<RequestEmailChangeUserError>,
}

/// Why no change of address was begun.
#[derive(SimpleObject)]
struct RequestEmailChangeUserError {
    /// The reason, for a program.
    code: RequestEmailChangeErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why no change of address was begun.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum RequestEmailChangeErrorCode {
    /// This is no e-mail address that mail could be sent to.
    EmailInvalid,
    /// The account has this address already.
    EmailUnchanged,
    /// Another account has this address. Not told where addresses have to be verified.
    EmailTaken,
    /// The password is wrong.
    PasswordWrong,
}

/// A link's token.
#[derive(InputObject)]
struct ConfirmEmailChangeInput {
    /// The argument `token` of the mailed link.
    token: String,
}

/// What came of confirming a change of address.
#[derive(SimpleObject)]
struct ConfirmEmailChangePayload {
    /// Whether this link did its part.
    confirmed: bool,
    /// Whether the account has the new address now; false while the other address has not confirmed it.
    email_changed: bool,
    /// Why the link did nothing; empty when it did.
    user_errors: Vec<ConfirmEmailChangeUserError>,
}

/// Why a change of address was not confirmed.
#[derive(SimpleObject)]
struct ConfirmEmailChangeUserError {
    /// The reason, for a program.
    code: ConfirmEmailChangeErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why a change of address was not confirmed.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum ConfirmEmailChangeErrorCode {
    /// This is no token of ours, it was used, or a newer link has taken its place.
    TokenInvalid,
    /// The link was not used within 24 hours.
    TokenExpired,
    /// Another account has got the address meanwhile.
    EmailTaken,
}

impl TryFrom<EmailChangeError> for RequestEmailChangeUserError {
    type Error = ApiError;

    fn try_from(error: EmailChangeError) -> Result<Self, ApiError> {
        use RequestEmailChangeErrorCode as Code;
        let (code, field, message) = match error {
            EmailChangeError::Invalid => (
                Code::EmailInvalid,
                "newEmail",
                "Give an e-mail address such as ana@example.org.",
            ),
            EmailChangeError::Unchanged => (
                Code::EmailUnchanged,
                "newEmail",
                "Your account has this address already.",
            ),
            EmailChangeError::Taken => (
                Code::EmailTaken,
                "newEmail",
                "There is another account with this e-mail address.",
            ),
            EmailChangeError::PasswordWrong => {
                (Code::PasswordWrong, "password", "This is not your password.")
            }
            EmailChangeError::Fault(fault) => return Err(fault.into()),
        };
        Ok(Self {
            code,
            message: message.into(),
            path: Some(vec!["input".into(), field.into()]),
        })
    }
}

impl TryFrom<ConfirmEmailError> for ConfirmEmailChangeUserError {
    type Error = ApiError;

    fn try_from(error: ConfirmEmailError) -> Result<Self, ApiError> {
        use ConfirmEmailChangeErrorCode as Code;
        let (code, message) = match error {
            ConfirmEmailError::Link(LinkError::Bad(bad @ BadLink::Invalid)) => {
                (Code::TokenInvalid, told(bad))
            }
            ConfirmEmailError::Link(LinkError::Bad(bad @ BadLink::Expired)) => {
                (Code::TokenExpired, told(bad))
            }
            ConfirmEmailError::Link(LinkError::Fault(fault)) => return Err(fault.into()),
            ConfirmEmailError::Taken => (
                Code::EmailTaken,
                "Another account has got this e-mail address meanwhile.",
            ),
        };
        Ok(Self {
            code,
            message: message.into(),
            path: Some(vec!["input".into(), "token".into()]),
        })
    }
}
