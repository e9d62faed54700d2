use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::credentials;
use super::device::device_of;
use super::link::told;
use crate::domain::{BadLink, LinkError, VerificationError};

#[derive(Default)]
pub(crate) struct VerifyEmailMutation;

#[Object]
impl VerifyEmailMutation {
    /// Sends the signed-in person a new link to prove that their address is theirs. Older ones stop working.
    async fn request_email_verification(
        &self,
        ctx: &Context<'_>,
    ) -> Result<RequestEmailVerificationPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        match credentials(ctx)
            .request_email_verification(viewer, &device_of(ctx, None))
            .await
        {
            Ok(()) => Ok(RequestEmailVerificationPayload {
                accepted: true,
                user_errors: Vec::new(),
            }),
            Err(VerificationError::AlreadyVerified) => Ok(RequestEmailVerificationPayload {
                accepted: false,
                user_errors: vec![RequestEmailVerificationUserError {
                    code: RequestEmailVerificationErrorCode::AlreadyVerified,
                    message: "Your address is verified already.".into(),
                    path: None,
                }],
            }),
            Err(VerificationError::NoAddress) => Ok(RequestEmailVerificationPayload {
                accepted: false,
                user_errors: vec![RequestEmailVerificationUserError {
                    code: RequestEmailVerificationErrorCode::NoEmail,
                    message: "Your account has no e-mail address. Add one with requestEmailChange.".into(),
                    path: None,
                }],
            }),
            Err(VerificationError::Fault(fault)) => Err(fault.into()),
        }
    }

    /// Proves an address with the token of a mailed link, which works once, within 24 hours. Whoever opens the link need
    /// not be signed in.
    async fn verify_email(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The link's token.")] input: VerifyEmailInput,
    ) -> Result<VerifyEmailPayload, ApiError> {
        match credentials(ctx)
            .verify_email(&input.token, device_of(ctx, None))
            .await
        {
            Ok(()) => Ok(VerifyEmailPayload {
                email_verified: true,
                user_errors: Vec::new(),
            }),
            Err(LinkError::Bad(link)) => Ok(VerifyEmailPayload {
                email_verified: false,
                user_errors: vec![link.into()],
            }),
            Err(LinkError::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// What came of asking for a link to prove an address.
#[derive(SimpleObject)]
struct RequestEmailVerificationPayload {
    /// Whether a link is on its way.
    accepted: bool,
    /// Why none is; empty otherwise.
    user_errors: Vec<RequestEmailVerificationUserError>,
}

/// Why no link was sent.
#[derive(SimpleObject)]
struct RequestEmailVerificationUserError {
    /// The reason, for a program.
    code: RequestEmailVerificationErrorCode,
    /// The reason, for a person.
    message: String,
    /// Always null: there is no input.
    path: Option<Vec<String>>,
}

/// The reasons why no link was sent.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum RequestEmailVerificationErrorCode {
    /// The address is verified already.
    AlreadyVerified,
    /// The account has no address.
    NoEmail,
}

/// A link's token.
#[derive(InputObject)]
struct VerifyEmailInput {
    /// The argument `token` of the mailed link.
    token: String,
}

/// What came of proving an address.
#[derive(SimpleObject)]
struct VerifyEmailPayload {
    /// Whether the address is verified now.
    email_verified: bool,
    /// Why it is not; empty when it is.
    user_errors: Vec<VerifyEmailUserError>,
}

/// Why an address was not proven.
#[derive(SimpleObject)]
struct VerifyEmailUserError {
    /// The reason, for a program.
    code: VerifyEmailErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why an address was not proven.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum VerifyEmailErrorCode {
    /// This is no token of ours, it was used, or a newer link has taken its place.
    TokenInvalid,
    /// The link was not used within 24 hours.
    TokenExpired,
}

impl From<BadLink> for VerifyEmailUserError {
    fn from(link: BadLink) -> Self {
        let code = match link {
            BadLink::Invalid => VerifyEmailErrorCode::TokenInvalid,
            BadLink::Expired => VerifyEmailErrorCode::TokenExpired,
        };
        Self {
            code,
            message: told(link).into(),
            path: Some(vec!["input".into(), "token".into()]),
        }
    }
}
