//! Answering a subscription, as GraphQL over Server-Sent Events in "distinct connections mode": one request, one stream.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{Response, ServerError};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse as _, Response as HttpResponse};
use futures_util::StreamExt as _;
use futures_util::stream::{BoxStream, unfold};
use http::header::ACCEPT;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::errors::with_codes;
use super::places::Place;
use crate::auth::{Rejection, TokenVerifier};
use crate::error::{ApiError, ErrorCode};
use crate::program::Stop;

/// How often it is looked whether the caller's token is still good.
const TOKEN_LOOKED_AT: Duration = Duration::from_secs(1);
/// How long a stream is silent at the most: less than what proxies take for a connection that is dead.
const SILENCE: Duration = Duration::from_secs(10);

const RESTARTING: &str = "The service is restarting. Subscribe again, after the last cursor that you have.";
const ASK_FOR_EVENTS: &str = "A subscription is answered as a stream: send `Accept: text/event-stream`.";

/// Keeps a proxy such as nginx from holding events back until it has a bufferful.
const ACCEL_BUFFERING: HeaderName = HeaderName::from_static("x-accel-buffering");

/// What must stay so for a subscription to go on.
pub(super) struct Terms {
    pub(super) verifier: Arc<TokenVerifier>,
    /// The header that the caller was let in with.
    pub(super) authorization: Option<HeaderValue>,
    /// Resolves when this process is to end; none when it is called without a connection.
    pub(super) stop: Option<Stop>,
    /// Taken for as long as it goes on.
    pub(super) _place: Place,
}

/// Whether the caller reads streams of events.
pub(super) fn takes_events(headers: &HeaderMap) -> bool {
    headers
        .get_all(ACCEPT)
        .iter()
        .filter_map(|accept| accept.to_str().ok())
        .any(|accept| accept.to_ascii_lowercase().contains("text/event-stream"))
}

/// Whether the caller reads nothing else, so that a refusal must be an event too.
pub(super) fn takes_only_events(headers: &HeaderMap) -> bool {
    let reads_json = |accept: &HeaderValue| accept.to_str().is_ok_and(|accept| accept.contains("json"));
    takes_events(headers) && !headers.get_all(ACCEPT).iter().any(reads_json)
}

/// What a caller is told who asks for a subscription and cannot read its answer.
pub(super) fn ask_for_events() -> ServerError {
    ServerError::new(ASK_FOR_EVENTS, None)
}

/// The stream that is over with its only event: why there is none.
pub(super) fn refused(error: ApiError) -> HttpResponse {
    let error = async_graphql::Error::from(error).into_server_error(async_graphql::Pos::default());
    refused_document(error)
}

/// The same for a document that is wrong.
pub(super) fn refused_document(error: ServerError) -> HttpResponse {
    let refusal = Response::from_errors(vec![error]);
    let events = [next(&with_codes(refusal)), complete()].map(Ok::<_, Infallible>);
    respond(futures_util::stream::iter(events))
}

/// Sends what the schema says, for as long as the terms hold. A stream that ends says why in its last event.
pub(super) fn answer(responses: BoxStream<'static, Response>, terms: Terms) -> HttpResponse {
    let mut ticks = interval(TOKEN_LOOKED_AT);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let live = Live {
        responses,
        terms,
        ticks,
        state: State::Open,
    };
    respond(unfold(live, async |mut live| {
        let event = live.next().await?;
        Some((Ok::<_, Infallible>(event), live))
    }))
}

fn respond(
    events: impl futures_util::Stream<Item = Result<Event, Infallible>> + Send + 'static,
) -> HttpResponse {
    let keep_alive = KeepAlive::new().interval(SILENCE);
    let mut response = Sse::new(events).keep_alive(keep_alive).into_response();
    response
        .headers_mut()
        .insert(ACCEL_BUFFERING, HeaderValue::from_static("no"));
    response
}

struct Live {
    responses: BoxStream<'static, Response>,
    terms: Terms,
    ticks: Interval,
    state: State,
}

#[derive(Clone, Copy)]
enum State {
    Open,
    /// The last word has been said; that it was the last has not.
    Said,
    Over,
}

impl Live {
    async fn next(&mut self) -> Option<Event> {
        match self.state {
            State::Open => {}
            State::Said => {
                self.state = State::Over;
                return Some(complete());
            }
            State::Over => return None,
        }
        let stop = self.terms.stop.clone();
        let stopped = async move {
            match stop {
                Some(stop) => stop.requested().await,
                None => std::future::pending().await,
            }
        };
        let last_word = tokio::select! {
            biased;
            () = stopped => error_body(ErrorCode::Unavailable, RESTARTING),
            rejection = refusal(&mut self.ticks, &self.terms) => rejection.body(),
            response = self.responses.next() => {
                let Some(response) = response else {
                    self.state = State::Over;
                    return Some(complete());
                };
                // Nobody is told anything once it is known here that they may not hear it.
                match self.terms.check() {
                    Ok(()) => return Some(next(&with_codes(response))),
                    Err(rejection) => rejection.body(),
                }
            }
        };
        self.state = State::Said;
        Some(Event::default().event("next").data(last_word))
    }
}

/// Waits until the token is no longer good.
async fn refusal(ticks: &mut Interval, terms: &Terms) -> Rejection {
    loop {
        ticks.tick().await;
        if let Err(rejection) = terms.check() {
            tracing::info!(reason = ?rejection, "a subscription ends with its token");
            return rejection;
        }
    }
}

impl Terms {
    /// The whole check that a new request would have to pass.
    fn check(&self) -> Result<(), Rejection> {
        self.verifier
            .authenticate(self.authorization.as_ref())
            .map(|_| ())
    }
}

fn next(response: &Response) -> Event {
    let event = Event::default().event("next");
    match serde_json::to_string(response) {
        Ok(json) => event.data(json),
        Err(error) => event.data(error_body(
            ErrorCode::Internal,
            ApiError::internal(&error).message(),
        )),
    }
}

fn complete() -> Event {
    Event::default().event("complete").data("")
}

fn error_body(code: ErrorCode, message: &str) -> String {
    serde_json::json!({ "errors": [{ "message": message, "extensions": { "code": code.as_str() } }] })
        .to_string()
}
