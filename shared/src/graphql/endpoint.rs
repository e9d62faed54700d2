use std::sync::Arc;

use async_graphql::parser::types::OperationType;
use async_graphql::{ObjectType, Request, Response, Schema, ServerError, SubscriptionType};
use async_graphql_axum::GraphQLResponse;
use axum::Extension;
use axum::Router;
use axum::middleware::{from_fn_with_state, map_response};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use axum::routing::post;
use http::HeaderMap;
use http::header::{AUTHORIZATION, CACHE_CONTROL, HeaderValue};
use tower_http::limit::RequestBodyLimitLayer;

use super::LONGEST_TEXT;
use super::errors::with_codes;
use super::operation::Operation;
use super::places::Places;
use super::screen::{kind, screen};
use super::subscription::{self, Terms};
use crate::auth::{Caller, RefreshCookies, TokenVerifier, require_valid_token};
use crate::http::Client;
use crate::program::Stop;

/// `POST /graphql` for a schema, behind the check of the caller's token.
///
/// One request is one operation: a list of operations is refused, so that whatever is counted or limited per request
/// cannot be multiplied inside one. What an operation may cost before any of it runs is bounded here; what its
/// fields may cost, by [`super::Limits`].
///
/// A subscription is answered as GraphQL over Server-Sent Events, for as long as its token is good and the service runs.
pub fn endpoint<Q, M, S>(schema: Schema<Q, M, S>, verifier: Arc<TokenVerifier>) -> Router
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let door = Door {
        schema,
        verifier: Arc::clone(&verifier),
        places: Places::default(),
    };
    let handler = move |Extension(caller): Extension<Caller>,
                        stop: Option<Extension<Stop>>,
                        client: Client,
                        cookies: RefreshCookies,
                        headers: HeaderMap,
                        Operation(operation)| {
        let door = door.clone();
        async move {
            let operation = operation.data(client).data(cookies);
            door.answer(operation, caller, stop.map(|stop| stop.0), &headers)
                .await
        }
    };
    Router::new()
        .route("/graphql", post(handler))
        .layer(from_fn_with_state(verifier, require_valid_token))
        // The only limit that holds whatever reads the body, and whether or not its length is announced.
        .layer(RequestBodyLimitLayer::new(LONGEST_TEXT))
        .layer(map_response(keep_nothing))
}

/// Answers hold tokens, and what belongs to one person. The router says the same; but who asks a subgraph directly has
/// no router.
async fn keep_nothing(mut response: HttpResponse) -> HttpResponse {
    response
        .headers_mut()
        .entry(CACHE_CONTROL)
        .or_insert(HeaderValue::from_static("no-store"));
    response
}

struct Door<Q, M, S> {
    schema: Schema<Q, M, S>,
    verifier: Arc<TokenVerifier>,
    places: Places,
}

impl<Q, M, S> Clone for Door<Q, M, S> {
    fn clone(&self) -> Self {
        Self {
            schema: self.schema.clone(),
            verifier: Arc::clone(&self.verifier),
            places: self.places.clone(),
        }
    }
}

impl<Q, M, S> Door<Q, M, S>
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    async fn answer(
        &self,
        mut operation: Request,
        caller: Caller,
        stop: Option<Stop>,
        headers: &HeaderMap,
    ) -> HttpResponse {
        let only_events = subscription::takes_only_events(headers);
        if let Err(refusal) = screen(&mut operation) {
            return refuse(refusal, only_events);
        }
        match kind(&mut operation) {
            Ok(OperationType::Subscription) if subscription::takes_events(headers) => {}
            Ok(OperationType::Subscription) => return refuse(subscription::ask_for_events(), false),
            Ok(OperationType::Query | OperationType::Mutation) => {
                let answer = self.schema.execute(operation.data(caller)).await;
                return GraphQLResponse::from(with_codes(answer)).into_response();
            }
            Err(refusal) => return refuse(refusal, only_events),
        }
        let place = match self.places.take(caller.viewer().map(|viewer| viewer.user)) {
            Ok(place) => place,
            Err(error) => return subscription::refused(error),
        };
        let terms = Terms {
            verifier: Arc::clone(&self.verifier),
            authorization: headers.get(AUTHORIZATION).cloned(),
            stop,
            _place: place,
        };
        subscription::answer(self.schema.execute_stream(operation.data(caller)), terms)
    }
}

/// A router that asked for a stream reads nothing but a stream.
fn refuse(error: ServerError, as_event: bool) -> HttpResponse {
    if as_event {
        subscription::refused_document(error)
    } else {
        GraphQLResponse::from(with_codes(Response::from_errors(vec![error]))).into_response()
    }
}
