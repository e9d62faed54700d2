use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use constellation_shared::http::Client;
use http::StatusCode;
use maud::html;
use serde::Deserialize;

use super::form::{Link, Sent};
use super::page::{bad_link, failed, notice, page};
use crate::domain::{Credentials, LinkError, ResetPasswordError};
use crate::schema::{advice, device};

#[derive(Deserialize)]
pub(super) struct NewPassword {
    #[serde(default)]
    token: String,
    #[serde(default)]
    password: String,
}

pub(super) async fn ask(Link(link): Link) -> Response {
    form(StatusCode::OK, &link.token, None)
}

pub(super) async fn act(
    State(credentials): State<Arc<Credentials>>,
    client: Client,
    Sent(input): Sent<NewPassword>,
) -> Response {
    let reset = credentials
        .reset_password(&input.token, &input.password.into(), device(None, Some(&client)))
        .await;
    match reset {
        Ok(()) => notice(
            StatusCode::OK,
            "Done",
            "You have a new password, and all devices are signed out. Sign in with it.",
        ),
        Err(ResetPasswordError::New(problem)) => form(
            StatusCode::UNPROCESSABLE_ENTITY,
            &input.token,
            Some(&advice(problem)),
        ),
        Err(ResetPasswordError::Link(LinkError::Bad(link))) => bad_link(link),
        Err(ResetPasswordError::Link(LinkError::Fault(fault))) => failed(fault),
    }
}

fn form(status: StatusCode, token: &str, problem: Option<&str>) -> Response {
    let body = html! {
        @if let Some(problem) = problem {
            p role="alert" { strong { (problem) } }
        }
        form method="post" {
            input type="hidden" name="token" value=(token);
            label for="password" { "Your new password. A few unrelated words are good." }
            input id="password" type="password" name="password" autocomplete="new-password" required autofocus;
            button { "Set the password" }
        }
    };
    page(status, "Choose a new password", &body)
}
