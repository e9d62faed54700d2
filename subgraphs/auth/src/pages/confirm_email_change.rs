use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use constellation_shared::http::Client;
use http::StatusCode;

use super::form::{Link, Sent, Token};
use super::page::{bad_link, button, failed, notice};
use crate::domain::{ConfirmEmailError, Credentials, LinkError};
use crate::schema::device;

pub(super) async fn ask(Link(link): Link) -> Response {
    button(
        "Change of e-mail address",
        "Confirm that the account shall move to the new address.",
        "Confirm",
        &link.token,
    )
}

pub(super) async fn act(
    State(credentials): State<Arc<Credentials>>,
    client: Client,
    Sent(form): Sent<Token>,
) -> Response {
    match credentials
        .confirm_email_change(&form.token, device(None, Some(&client)))
        .await
    {
        Ok(true) => notice(
            StatusCode::OK,
            "Done",
            "The account has the new address. Sign in with it from now on.",
        ),
        Ok(false) => notice(
            StatusCode::OK,
            "Thank you",
            "Now open the link in the mail to the other address too.",
        ),
        Err(ConfirmEmailError::Taken) => notice(
            StatusCode::CONFLICT,
            "That did not work",
            "Another account has got this e-mail address meanwhile.",
        ),
        Err(ConfirmEmailError::Link(LinkError::Bad(link))) => bad_link(link),
        Err(ConfirmEmailError::Link(LinkError::Fault(fault))) => failed(fault),
    }
}
