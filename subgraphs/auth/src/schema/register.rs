use std::sync::Arc;

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::error::ApiError;

use super::delivery::RefreshTokenDelivery;
use super::device::device_of;
use super::password::advice;
use super::tokens::TokenPair;
use super::user::User;
use crate::domain::{
    Accounts, DisplayName, PasswordProblem, Registered, Registration, RegistrationError, RegistrationProblem,
    SignIn,
};

#[derive(Default)]
pub(crate) struct RegisterMutation;

#[Object]
impl RegisterMutation {
    /// Makes an account and signs its owner in. Where the server asks for verified addresses, it sends a mail to the
    /// address instead, whether it has an account or not: with a link to verify it, or one to set a new password.
    async fn register(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who registers.")] input: RegisterInput,
    ) -> Result<RegisterPayload, ApiError> {
        let delivery = input.refresh_token_delivery;
        delivery.check(ctx)?;
        let registration = Registration {
            email: input.email,
            password: input.password.into(),
            display_name: input.display_name,
            device: device_of(ctx, input.device_name),
        };
        match ctx.data_unchecked::<Arc<Accounts>>().register(registration).await {
            Ok(Registered::SignedIn(signed_in)) => {
                let SignIn { user, tokens, device } = *signed_in;
                Ok(RegisterPayload {
                    user: Some(user.into()),
                    tokens: Some(delivery.hand_over_first(ctx, tokens).await),
                    email_verification_required: false,
                    device_token: device.map(|token| token.reveal()),
                    user_errors: Vec::new(),
                })
            }
            Ok(Registered::Mailed) => Ok(RegisterPayload {
                user: None,
                tokens: None,
                device_token: None,
                email_verification_required: true,
                user_errors: Vec::new(),
            }),
            Err(RegistrationError::Problems(problems)) => Ok(problems.into()),
            Err(RegistrationError::Fault(fault)) => Err(fault.into()),
        }
    }
}

/// Who registers.
#[derive(InputObject)]
struct RegisterInput {
    /// The address to sign in with. Upper and lower case are the same.
    email: String,
    /// At least 15 characters (the server can be set to ask for another number), at most 256. Any characters; a few
    /// words in a row are good.
    password: String,
    /// What the person is called in every app: 1 to 80 characters.
    display_name: String,
    /// What the person calls this device, to know it again in a list of sessions.
    device_name: Option<String>,
    /// Where the refresh token goes. `COOKIE` also ends the session of the cookie that it replaces.
    #[graphql(default_with = "RefreshTokenDelivery::Payload")]
    refresh_token_delivery: RefreshTokenDelivery,
}

/// What came of registering.
#[derive(SimpleObject)]
struct RegisterPayload {
    /// The new person; null when there are user errors, or the address has to be verified first.
    user: Option<User>,
    /// Their tokens on this device; null when there are user errors, or the address has to be verified first.
    tokens: Option<TokenPair>,
    /// Whether a mail was sent to the address, which says how to go on. Nobody is signed in before.
    email_verification_required: bool,
    /// Keep it, also after signing out, and send it with the next sign-in to this account: it keeps this device apart from
    /// strangers who guess the password. It opens nothing by itself, and is good for 180 days after the last sign-in. Null
    /// when there are user errors.
    device_token: Option<String>,
    /// Why nobody was registered; empty when somebody was. All problems of the input are told at once.
    user_errors: Vec<RegisterUserError>,
}

/// Why somebody could not be registered.
#[derive(SimpleObject)]
struct RegisterUserError {
    /// The reason, for a program.
    code: RegisterErrorCode,
    /// The reason, for a person.
    message: String,
    /// The input that is wrong.
    path: Option<Vec<String>>,
}

/// The reasons why somebody could not be registered.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum RegisterErrorCode {
    /// There is an account with this address. Sign in instead. Not told where addresses have to be verified.
    EmailTaken,
    /// This is no e-mail address that mail could be sent to.
    EmailInvalid,
    /// The password is too short, or easy to guess.
    PasswordTooWeak,
    /// The password has more than 256 characters.
    PasswordTooLong,
    /// The name is empty, longer than 80 characters, or has more than one line.
    DisplayNameInvalid,
}

impl From<Vec<RegistrationProblem>> for RegisterPayload {
    fn from(problems: Vec<RegistrationProblem>) -> Self {
        let user_errors = problems.into_iter().map(RegisterUserError::from).collect();
        Self {
            user: None,
            tokens: None,
            email_verification_required: false,
            device_token: None,
            user_errors,
        }
    }
}

impl From<RegistrationProblem> for RegisterUserError {
    fn from(problem: RegistrationProblem) -> Self {
        use RegisterErrorCode as Code;
        let (code, field, message) = match problem {
            RegistrationProblem::EmailInvalid => (
                Code::EmailInvalid,
                "email",
                "Give an e-mail address such as ana@example.org.".to_owned(),
            ),
            RegistrationProblem::EmailTaken => (
                Code::EmailTaken,
                "email",
                "There is an account with this e-mail address. Sign in instead.".to_owned(),
            ),
            RegistrationProblem::Password(problem) => {
                let code = match problem {
                    PasswordProblem::TooLong => Code::PasswordTooLong,
                    _ => Code::PasswordTooWeak,
                };
                (code, "password", advice(problem))
            }
            RegistrationProblem::DisplayNameInvalid => (
                Code::DisplayNameInvalid,
                "displayName",
                format!(
                    "Give a name of 1 to {} characters on one line.",
                    DisplayName::LONGEST
                ),
            ),
        };
        Self {
            code,
            message,
            path: Some(vec!["input".into(), field.into()]),
        }
    }
}
