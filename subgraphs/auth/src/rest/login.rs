use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use constellation_shared::http::Client;
use secrecy::SecretString;
use serde::Deserialize;

use super::tokens::{failed, granted, malformed, refused, unclear};
use crate::domain::{Accounts, DeviceToken, GivenName, LoginError};
use crate::schema::{ACCOUNT_DISABLED, EMAIL_NOT_VERIFIED, INVALID_CREDENTIALS, device};

#[derive(Deserialize)]
pub(super) struct LoginRequest {
    email: Option<String>,
    username: Option<String>,
    password: String,
    device_name: Option<String>,
    device_token: Option<String>,
}

pub(super) async fn login(
    State(accounts): State<Arc<Accounts>>,
    client: Client,
    body: Result<Json<LoginRequest>, JsonRejection>,
) -> Response {
    let request = match body {
        Ok(Json(request)) => request,
        Err(rejection) => {
            let wanted =
                "`email` or `username`, `password` and, if you like, `device_name` and `device_token`";
            return malformed(&rejection, wanted);
        }
    };
    let name = match (request.email, request.username) {
        (Some(email), None) => GivenName::Email(email),
        (None, Some(username)) => GivenName::Username(username),
        _ => return unclear("Send either `email` or `username`."),
    };
    let password = SecretString::from(request.password);
    let device = device(request.device_name, Some(&client));
    let shown = request.device_token.as_deref().and_then(DeviceToken::parse);
    match accounts.login(&name, &password, device, shown.as_ref()).await {
        Ok(signed_in) => granted(signed_in),
        Err(LoginError::InvalidCredentials) => refused(INVALID_CREDENTIALS),
        Err(LoginError::EmailNotVerified) => refused(EMAIL_NOT_VERIFIED),
        Err(LoginError::AccountDisabled) => refused(ACCOUNT_DISABLED),
        Err(LoginError::Fault(fault)) => failed(&fault.into()),
    }
}
