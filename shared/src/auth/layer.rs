use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;

use super::{InvalidToken, TokenVerifier};

/// The one value of a request's `Authorization` header, if it has any.
///
/// # Errors
/// There are several: two programs that read the request could each take another one for the caller's.
pub fn the_only<T>(values: impl IntoIterator<Item = T>) -> Result<Option<T>, InvalidToken> {
    let mut values = values.into_iter();
    let first = values.next();
    match values.next() {
        None => Ok(first),
        Some(_) => Err(InvalidToken::Malformed),
    }
}

/// The axum middleware in front of every GraphQL endpoint: it puts the [`super::Caller`] into the request, or answers
/// a token that does not verify with 401.
///
/// Use it with `axum::middleware::from_fn_with_state(verifier, require_valid_token)`.
pub async fn require_valid_token(
    State(verifier): State<Arc<TokenVerifier>>,
    mut request: Request,
    next: Next,
) -> Response {
    let authorization = the_only(request.headers().get_all(AUTHORIZATION));
    let caller = match authorization {
        Ok(authorization) => verifier.authenticate_with_newest_keys(authorization).await,
        Err(twice) => Err(twice.into()),
    };
    match caller {
        Ok(caller) => {
            request.extensions_mut().insert(caller);
            next.run(request).await
        }
        Err(rejection) => {
            tracing::info!(reason = ?rejection, "token refused");
            rejection.into_response()
        }
    }
}
