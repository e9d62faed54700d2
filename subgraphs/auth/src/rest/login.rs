use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use constellation_shared::http::Client;
use secrecy::SecretString;
use serde::Deserialize;

use super::tokens::{failed, granted, malformed, refused};
use crate::domain::{Accounts, LoginError};
use crate::schema::{INVALID_CREDENTIALS, device};

#[derive(Deserialize)]
pub(super) struct LoginRequest {
    email: String,
    password: String,
    device_name: Option<String>,
}

pub(super) async fn login(
    State(accounts): State<Arc<Accounts>>,
    client: Client,
    body: Result<Json<LoginRequest>, JsonRejection>,
) -> Response {
    let request = match body {
        Ok(Json(request)) => request,
        Err(rejection) => {
            return malformed(&rejection, "`email`, `password` and, if you like, `device_name`");
        }
    };
    let password = SecretString::from(request.password);
    let device = device(request.device_name, Some(&client));
    match accounts.login(&request.email, &password, device).await {
        Ok(signed_in) => granted(signed_in.tokens),
        Err(LoginError::InvalidCredentials) => refused(INVALID_CREDENTIALS),
        Err(LoginError::Fault(fault)) => failed(&fault.into()),
    }
}
