use axum::response::Response;
use http::StatusCode;
use maud::html;

use super::form::Link;
use super::page::{bad_link, page};
use crate::domain::{BadLink, InvitationCode};

/// Shows the code that the link brings. To accept it takes an account, and so an app.
pub(super) async fn show(Link(link): Link) -> Response {
    let Some(code) = InvitationCode::parse(&link.token) else {
        return bad_link(BadLink::Invalid);
    };
    let body = html! {
        p { "Somebody invites you into their household. In your family's app, sign in or open an account, and accept the invitation with this code:" }
        p { strong { (code.reveal()) } }
        p { "It works once. Whoever has it can join in your place, so do not pass it on." }
    };
    page(StatusCode::OK, "You are invited", &body)
}
