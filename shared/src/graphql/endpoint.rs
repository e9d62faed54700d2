use std::sync::Arc;

use async_graphql::{ObjectType, Request, Response, Schema, SubscriptionType};
use async_graphql_axum::GraphQLResponse;
use axum::Extension;
use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use tower_http::limit::RequestBodyLimitLayer;

use super::LONGEST_TEXT;
use super::errors::with_codes;
use super::operation::Operation;
use super::screen::screen;
use crate::auth::{Caller, TokenVerifier, require_valid_token};
use crate::http::Client;

/// `POST /graphql` for a schema, behind the check of the caller's token.
///
/// One request is one operation: a list of operations is refused, so that whatever is counted or limited per request
/// cannot be multiplied inside one. What an operation may cost before any of it runs is bounded here; what its
/// fields may cost, by [`super::Limits`].
pub fn endpoint<Q, M, S>(schema: Schema<Q, M, S>, verifier: Arc<TokenVerifier>) -> Router
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let handler = move |Extension(caller): Extension<Caller>, client: Client, Operation(operation)| {
        let schema = schema.clone();
        async move { answer(&schema, operation.data(caller).data(client)).await }
    };
    Router::new()
        .route("/graphql", post(handler))
        .layer(from_fn_with_state(verifier, require_valid_token))
        // The only limit that holds whatever reads the body, and whether or not its length is announced.
        .layer(RequestBodyLimitLayer::new(LONGEST_TEXT))
}

async fn answer<Q, M, S>(schema: &Schema<Q, M, S>, mut operation: Request) -> GraphQLResponse
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let answer = match screen(&mut operation) {
        Ok(()) => schema.execute(operation).await,
        Err(refusal) => Response::from_errors(vec![refusal]),
    };
    with_codes(answer).into()
}
