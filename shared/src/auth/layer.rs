use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use http::header::AUTHORIZATION;

use super::TokenVerifier;

/// The axum middleware in front of every GraphQL endpoint: it puts the [`super::Caller`] into the request, or answers
/// a token that does not verify with 401.
///
/// Use it with `axum::middleware::from_fn_with_state(verifier, require_valid_token)`.
pub async fn require_valid_token(
    State(verifier): State<Arc<TokenVerifier>>,
    mut request: Request,
    next: Next,
) -> Response {
    let authorization = request.headers().get(AUTHORIZATION);
    match verifier.authenticate_with_newest_keys(authorization).await {
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
