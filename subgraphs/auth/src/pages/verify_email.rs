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
        "Is this your e-mail address?",
        "Confirm that you opened the account, and that the address which got this link is yours. If somebody else opened it, do not.",
        "I opened the account",
        &link.token,
    )
}

pub(super) async fn act(
    State(credentials): State<Arc<Credentials>>,
    client: Client,
    Sent(form): Sent<Token>,
) -> Response {
    match credentials
        .verify_email(&form.token, device(None, Some(&client)))
        .await
    {
        Ok(()) => notice(StatusCode::OK, "Thank you", "Your e-mail address is verified."),
        Err(LinkError::Bad(link)) => bad_link(link),
        Err(LinkError::Fault(fault)) => failed(fault),
    }
}
