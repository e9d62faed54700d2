//! What links and forms bring along. What cannot be read is answered with a page like everything else: a person looks at
//! it, and the token in its address goes nowhere.

use axum::Form;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::response::Response;
use http::request::Parts;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::page::{bad_link, notice};
use crate::domain::BadLink;

/// What a link brings along, and what a form sends on.
#[derive(Deserialize)]
pub(super) struct Token {
    #[serde(default)]
    pub(super) token: String,
}

/// The token of a link.
pub(super) struct Link(pub(super) Token);

impl<S: Send + Sync> FromRequestParts<S> for Link {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        match Query::from_request_parts(parts, state).await {
            Ok(Query(token)) => Ok(Self(token)),
            Err(_) => Err(bad_link(BadLink::Invalid)),
        }
    }
}

/// What one of these pages sends when its button is pressed.
pub(super) struct Sent<T>(pub(super) T);

impl<S: Send + Sync, T: DeserializeOwned> FromRequest<S> for Sent<T> {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        match Form::from_request(request, state).await {
            Ok(Form(sent)) => Ok(Self(sent)),
            Err(rejection) => Err(notice(
                rejection.status(),
                "That did not work",
                "This is not what the form on this page sends. Open the link in your mail again, and use the button.",
            )),
        }
    }
}
