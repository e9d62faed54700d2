//! The same operations as plain HTTP: `POST /login` and `POST /token/refresh`, in the words of OAuth 2.0, and the
//! public keys, the feed of ended sessions and the log of erased accounts.

mod ended_sessions;
mod erased_accounts;
mod jwks;
mod login;
mod refresh;
mod tokens;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::routing::{get, post};

use crate::domain::{Accounts, Erasure, SessionFeed, Sessions};
use crate::keys::LiveKeys;

/// Credentials and tokens are short.
const LONGEST_BODY: usize = 16 * 1024;

pub(crate) fn routes(
    accounts: Arc<Accounts>,
    sessions: Arc<Sessions>,
    keys: Arc<LiveKeys>,
    feed: Arc<SessionFeed>,
    erasure: Arc<Erasure>,
) -> Router {
    Router::new()
        .route("/login", post(login::login).with_state(accounts))
        .route("/token/refresh", post(refresh::refresh).with_state(sessions))
        .layer(DefaultBodyLimit::max(LONGEST_BODY))
        .route("/.well-known/jwks.json", get(jwks::jwks).with_state(keys))
        .route(
            "/.well-known/ended-sessions",
            get(ended_sessions::ended_sessions).with_state(feed),
        )
        .route(
            "/.well-known/erased-accounts",
            get(erased_accounts::erased_accounts).with_state(erasure),
        )
}
