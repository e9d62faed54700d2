use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use constellation_shared::http::Client;
use http::StatusCode;

use super::form::{Link, Sent, Token};
use super::page::{bad_link, button, failed, notice};
use crate::domain::{Credentials, LinkError};
use crate::schema::device;

pub(super) async fn ask(Link(link): Link) -> Response {
    button(
        "Keep your account?",
        "Your account is going to be deleted. You can still keep it.",
        "Keep my account",
        &link.token,
    )
}

pub(super) async fn act(
    State(credentials): State<Arc<Credentials>>,
    client: Client,
    Sent(form): Sent<Token>,
) -> Response {
    let device = device(None, Some(&client));
    match credentials.keep_account_by_link(&form.token, device).await {
        Ok(()) => notice(
            StatusCode::OK,
            "Welcome back",
            "Your account stays as it was. Sign in to use it.",
        ),
        Err(LinkError::Bad(link)) => bad_link(link),
        Err(LinkError::Fault(fault)) => failed(fault),
    }
}
