use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::error::ApiError;

use super::delivery::RefreshTokenDelivery;
use super::device::device_of;
use super::tokens::TokenPair;
use super::user::User;
use crate::domain::{Accounts, DeviceToken, GivenName, LoginError};

#[derive(Default)]
pub(crate) struct LoginMutation;

#[Object]
impl LoginMutation {
    /// Signs a person in on this device, in a new session.
    async fn login(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who signs in.")] input: LoginInput,
    ) -> Result<LoginPayload, ApiError> {
        let delivery = input.refresh_token_delivery;
        delivery.check(ctx)?;
        let device = device_of(ctx, input.device_name);
        let name = match (input.email, input.username) {
            (Some(email), None) => GivenName::Email(email),
            (None, Some(username)) => GivenName::Username(username),
            _ => {
                let told = "Give an e-mail address or a username, and not both.";
                return Err(ApiError::bad_input("input", told));
            }
        };
        let shown = input.device_token.as_deref().and_then(DeviceToken::parse);
        match ctx
            .data_unchecked::<Arc<Accounts>>()
            .login(&name, &input.password.into(), device, shown.as_ref())
            .await
        {
            Ok(signed_in) => Ok(LoginPayload {
                user: Some(signed_in.user.into()),
                tokens: Some(delivery.hand_over_first(ctx, signed_in.tokens).await),
                device_token: signed_in.device.map(|token| token.reveal()),
                user_errors: Vec::new(),
            }),
            Err(LoginError::InvalidCredentials) => Ok(LoginPayload::refused(
                LoginErrorCode::InvalidCredentials,
                INVALID_CREDENTIALS,
            )),
            Err(LoginError::EmailNotVerified) => Ok(LoginPayload::refused(
                LoginErrorCode::EmailNotVerified,
                EMAIL_NOT_VERIFIED,
            )),
            Err(LoginError::AccountDisabled) => Ok(LoginPayload::refused(
                LoginErrorCode::AccountDisabled,
                ACCOUNT_DISABLED,
            )),
            Err(LoginError::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// What is said of wrong credentials, whichever of them is wrong.
pub(crate) const INVALID_CREDENTIALS: &str = "The e-mail address or username, or the password, is wrong.";

/// What is said to somebody whose address has to be proven first.
pub(crate) const EMAIL_NOT_VERIFIED: &str =
    "Your e-mail address has to be verified first. Open the link that we have sent you, then sign in.";

/// What is said to somebody whose account is disabled.
pub(crate) const ACCOUNT_DISABLED: &str =
    "Your account has been disabled by somebody who runs this service. Ask them why.";

/// Who signs in: by exactly one of `email` and `username`.
#[derive(InputObject)]
struct LoginInput {
    /// The address that the person registered with.
    email: Option<String>,
    /// The username of a child's account. Case makes no difference.
    username: Option<String>,
    /// Their password.
    password: String,
    /// What the person calls this device, to know it again in a list of sessions.
    device_name: Option<String>,
    /// The `deviceToken` that this device got when it last signed in to this account, if it did. A device that shows it is
    /// not turned away for what others have tried. One that is not good is passed over.
    device_token: Option<String>,
    /// Where the refresh token goes. `COOKIE` also ends the session of the cookie that it replaces.
    #[graphql(default_with = "RefreshTokenDelivery::Payload")]
    refresh_token_delivery: RefreshTokenDelivery,
}

/// What came of signing in.
#[derive(SimpleObject)]
struct LoginPayload {
    /// The person; null when there are user errors.
    user: Option<User>,
    /// Their tokens on this device; null when there are user errors.
    tokens: Option<TokenPair>,
    /// Keep it, also after signing out, and send it with the next sign-in to this account: it keeps this device apart from
    /// strangers who guess the password. It opens nothing by itself, and is good for 180 days after the last sign-in. Null
    /// when there are user errors.
    device_token: Option<String>,
    /// Why nobody was signed in; empty when somebody was.
    user_errors: Vec<LoginUserError>,
}

/// Why somebody could not be signed in.
#[derive(SimpleObject)]
struct LoginUserError {
    /// The reason, for a program.
    code: LoginErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong, where a single one is.
    path: Option<Vec<String>>,
}

/// The reasons why somebody could not be signed in.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum LoginErrorCode {
    /// The address or username, or the password, is wrong. Which of them is not told, so that nobody can find out who has an
    /// account.
    InvalidCredentials,
    /// The password is right, but this server asks for a verified address. A new link is sent to it. Told only to those
    /// who know the password.
    EmailNotVerified,
    /// The password is right, but somebody who runs the service has disabled the account. Told only to those who know the
    /// password.
    AccountDisabled,
}

impl LoginPayload {
    fn refused(code: LoginErrorCode, message: &str) -> Self {
        Self {
            user: None,
            tokens: None,
            device_token: None,
            user_errors: vec![LoginUserError {
                code,
                message: message.into(),
                path: None,
            }],
        }
    }
}
