use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::error::ApiError;

use super::device::device_of;
use super::tokens::TokenPair;
use super::user::User;
use crate::domain::{Accounts, DeviceToken, LoginError};

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
        let device = device_of(ctx, input.device_name);
        let shown = input.device_token.as_deref().and_then(DeviceToken::parse);
        match ctx
            .data_unchecked::<Arc<Accounts>>()
            .login(&input.email, &input.password.into(), device, shown.as_ref())
            .await
        {
            Ok(signed_in) => Ok(LoginPayload {
                user: Some(signed_in.user.into()),
                tokens: Some(signed_in.tokens.into()),
                device_token: signed_in.device.map(|token| token.reveal()),
                user_errors: Vec::new(),
            }),
            Err(LoginError::InvalidCredentials) => Ok(LoginPayload {
                user: None,
                tokens: None,
                device_token: None,
                user_errors: vec![LoginUserError {
                    code: LoginErrorCode::InvalidCredentials,
                    message: INVALID_CREDENTIALS.into(),
                    path: None,
                }],
            }),
            Err(LoginError::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// What is said of wrong credentials, whichever of them is wrong.
pub(crate) const INVALID_CREDENTIALS: &str = "The e-mail address or the password is wrong.";

/// Who signs in.
#[derive(InputObject)]
struct LoginInput {
    /// The address that the person registered with.
    email: String,
    /// Their password.
    password: String,
    /// What the person calls this device, to know it again in a list of sessions.
    device_name: Option<String>,
    /// The `deviceToken` that this device got when it last signed in to this account, if it did. A device that shows it is
    /// not turned away for what others have tried. One that is not good is passed over.
    device_token: Option<String>,
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
    /// The address or the password is wrong. Which of the two is not told, so that nobody can find out who has an
    /// account.
    InvalidCredentials,
}
