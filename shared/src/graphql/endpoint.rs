use std::sync::Arc;

use async_graphql::{
    ErrorExtensionValues, ObjectType, ParseRequestError, Response, Schema, ServerError, SubscriptionType,
};
use async_graphql_axum::rejection::GraphQLRejection;
use async_graphql_axum::{GraphQLRequest, GraphQLResponse};
use axum::Extension;
use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::routing::post;
use http::StatusCode;

use super::LONGEST_TEXT;
use super::errors::with_codes;
use crate::auth::{Caller, TokenVerifier, require_valid_token};
use crate::error::ErrorCode;
use crate::http::Client;

type Answer = (StatusCode, GraphQLResponse);

/// `POST /graphql` for a schema, behind the check of the caller's token.
///
/// One request is one operation: a list of operations is refused, so that whatever is counted or limited per request
/// cannot be multiplied inside one.
pub fn endpoint<Q, M, S>(schema: Schema<Q, M, S>, verifier: Arc<TokenVerifier>) -> Router
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let handler = move |Extension(caller): Extension<Caller>,
                        client: Client,
                        request: Result<GraphQLRequest, GraphQLRejection>| {
        let schema = schema.clone();
        async move {
            match request {
                Ok(request) => {
                    let request = request.into_inner();
                    // The library takes an empty list for an empty operation; neither says anything.
                    if request.query.trim().is_empty() {
                        return refuse(StatusCode::BAD_REQUEST, NOT_AN_OPERATION);
                    }
                    let answer = schema.execute(request.data(caller).data(client)).await;
                    (StatusCode::OK, with_codes(answer).into())
                }
                Err(GraphQLRejection(ParseRequestError::UnsupportedBatch)) => {
                    refuse(StatusCode::BAD_REQUEST, BATCH)
                }
                Err(GraphQLRejection(ParseRequestError::PayloadTooLarge)) => {
                    refuse(StatusCode::PAYLOAD_TOO_LARGE, "The request is too large.")
                }
                Err(_) => refuse(StatusCode::BAD_REQUEST, NOT_AN_OPERATION),
            }
        }
    };
    Router::new()
        .route("/graphql", post(handler))
        .layer(from_fn_with_state(verifier, require_valid_token))
        .layer(DefaultBodyLimit::max(LONGEST_TEXT))
}

const NOT_AN_OPERATION: &str =
    "The body must be JSON like {\"query\": \"...\", \"variables\": {...}, \"operationName\": \"...\"}.";
const BATCH: &str = "Send one operation per request; lists of operations are not supported.";

fn refuse(status: StatusCode, message: &str) -> Answer {
    let mut error = ServerError::new(message, None);
    let mut extensions = ErrorExtensionValues::default();
    extensions.set("code", ErrorCode::BadUserInput.as_str());
    error.extensions = Some(extensions);
    (status, Response::from_errors(vec![error]).into())
}
