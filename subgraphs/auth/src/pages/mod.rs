//! The pages that links in mails go to where no app has its own: plain HTML forms that work without scripts.
//!
//! Opening a link changes nothing, since mail programs and virus scanners open links too; the button on the page does.

mod confirm_email_change;
mod form;
mod invitation;
mod keep_account;
mod page;
mod reset_password;
mod verify_email;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::get;

use crate::domain::Credentials;

/// Tokens and passwords are short.
const LONGEST_BODY: usize = 16 * 1024;

pub(crate) fn routes(credentials: Arc<Credentials>) -> Router {
    Router::new()
        .route("/verify-email", get(verify_email::ask).post(verify_email::act))
        .route(
            "/reset-password",
            get(reset_password::ask).post(reset_password::act),
        )
        .route(
            "/confirm-email-change",
            get(confirm_email_change::ask).post(confirm_email_change::act),
        )
        .route("/keep-account", get(keep_account::ask).post(keep_account::act))
        .route("/invitation", get(invitation::show))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .with_state(credentials)
}
