//! A subscription is answered as a stream of events, and ends with the token it was asked for with.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use async_graphql::{EmptyMutation, Object, Schema, Subscription};
use constellation_shared::auth::{EndedSession, EndedSessions, HouseholdsChange};
use constellation_shared::clock::Clock as _;
use constellation_shared::graphql::endpoint;
use constellation_shared::http::{serve, surround};
use constellation_shared::id::{SessionId, UserId};
use constellation_shared::program::Stop;
use constellation_testing::{ManualClock, TokenForge};
use futures_util::stream::{Stream, StreamExt as _, iter, pending, unfold};
use reqwest::Response;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinHandle;

const ANA: UserId = UserId::from_bytes([1; 16]);
const BO: UserId = UserId::from_bytes([2; 16]);

struct Query;

#[Object]
impl Query {
    async fn one(&self) -> i32 {
        1
    }
}

struct Subscriptions(broadcast::Sender<i32>);

#[Subscription]
impl Subscriptions {
    /// Counts, and is done.
    async fn count(&self, to: i32) -> impl Stream<Item = i32> {
        iter(1..=to)
    }

    /// Says what is announced, without an end; says 0 when it listens.
    async fn news(&self) -> impl Stream<Item = i32> {
        let news = unfold(self.0.subscribe(), async |mut heard| {
            Some((heard.recv().await.ok()?, heard))
        });
        iter([0]).chain(news)
    }

    /// Says nothing, for ever.
    async fn silence(&self) -> impl Stream<Item = i32> {
        pending()
    }
}

struct Service {
    address: SocketAddr,
    clock: Arc<ManualClock>,
    ended: EndedSessions,
    forge: TokenForge,
    announce: broadcast::Sender<i32>,
    stop: watch::Sender<bool>,
    served: JoinHandle<std::io::Result<()>>,
}

impl Service {
    async fn start() -> Self {
        let clock = Arc::new(ManualClock::at("2100-01-31T12:00:00Z"));
        let (ended, forge) = (EndedSessions::default(), TokenForge::new(1));
        ended.absorb(clock.now().timestamp(), &[], &[], clock.now());
        let verifier = forge.verifier(clock.clone()).refusing(ended.clone(), None);
        let (announce, _) = broadcast::channel(16);
        let schema = Schema::new(Query, EmptyMutation, Subscriptions(announce.clone()));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = surround(endpoint(schema, Arc::new(verifier)));
        let (stop, stopping) = Stop::channel();
        let served = tokio::spawn(serve(listener, routes, stopping.requested()));
        Self {
            address,
            clock,
            ended,
            forge,
            announce,
            stop,
            served,
        }
    }

    fn bearer(&self, user: UserId) -> String {
        let mut claims = self.forge.claims(user);
        (claims.iat, claims.exp) = (self.now(), self.now() + 900);
        format!("Bearer {}", self.forge.sign(&self.forge.header(), &claims))
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }

    async fn subscribe(&self, who: UserId, query: &str) -> Events {
        Events::of(self.ask(who, query, "text/event-stream").await)
    }

    async fn ask(&self, who: UserId, query: &str, accept: &str) -> Response {
        let request = reqwest::Client::new()
            .post(format!("http://{}/graphql", self.address))
            .header("authorization", self.bearer(who))
            .header("accept", accept)
            .json(&json!({ "query": query }));
        request.send().await.unwrap()
    }
}

/// The events of one answer.
struct Events {
    response: Response,
    text: String,
}

impl Events {
    fn of(response: Response) -> Self {
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["content-type"], "text/event-stream");
        Self {
            response,
            text: String::new(),
        }
    }

    /// The next event: its name and what it says. None when the answer is over.
    async fn next(&mut self) -> Option<(String, Value)> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                let field = |name: &str| {
                    let mut lines = event.lines();
                    lines.find_map(|line| Some(line.strip_prefix(name)?.trim_start().to_owned()))
                };
                // What has no name only says that the stream is alive.
                let Some(name) = field("event:") else { continue };
                let data = field("data:").unwrap_or_default();
                return Some((name, serde_json::from_str(&data).unwrap_or_default()));
            }
            let chunk = self.response.chunk().await.unwrap()?;
            self.text.push_str(str::from_utf8(&chunk).unwrap());
        }
    }

    async fn data(&mut self, field: &str) -> Value {
        let (name, said) = self.next().await.unwrap();
        assert_eq!(name, "next");
        said["data"][field].clone()
    }

    /// The code and the message of the last word, after which there must be nothing.
    async fn last_word(&mut self) -> (String, String) {
        let (name, said) = self.next().await.unwrap();
        assert_eq!(name, "next");
        assert_eq!(self.next().await, Some(("complete".into(), Value::Null)));
        assert_eq!(self.next().await, None);
        let error = &said["errors"][0];
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        (text(&error["extensions"]["code"]), text(&error["message"]))
    }
}

#[tokio::test]
async fn a_subscription_is_a_stream_of_events_that_ends_with_complete() {
    let service = Service::start().await;
    let mut events = service.subscribe(ANA, "subscription { count(to: 2) }").await;
    assert_eq!(events.data("count").await, 1);
    assert_eq!(events.data("count").await, 2);
    assert_eq!(events.next().await, Some(("complete".into(), Value::Null)));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn it_ends_when_its_token_expires() {
    let service = Service::start().await;
    let mut events = service.subscribe(ANA, "subscription { silence }").await;
    service.clock.advance(Duration::from_secs(911));
    let (code, message) = events.last_word().await;
    assert_eq!(code, "UNAUTHENTICATED");
    assert!(message.contains("refresh token"), "{message}");
}

#[tokio::test]
async fn it_ends_when_the_session_is_ended_and_nobody_elses_does() {
    let service = Service::start().await;
    let mut ana = service.subscribe(ANA, "subscription { news }").await;
    let mut bo = service.subscribe(BO, "subscription { news }").await;
    assert_eq!(ana.data("news").await, 0);
    assert_eq!(bo.data("news").await, 0);
    let ended = EndedSession {
        sid: SessionId::from_uuid(ANA.as_uuid()),
        until: service.now() + 900,
    };
    service
        .ended
        .absorb(service.now(), &[ended], &[], service.clock.now());
    // Announced after the end is known here: whose session it was hears of it no more.
    service.announce.send(7).unwrap();
    assert_eq!(ana.last_word().await.0, "UNAUTHENTICATED");
    assert_eq!(bo.data("news").await, 7);
}

#[tokio::test]
async fn it_ends_when_the_households_change() {
    let service = Service::start().await;
    let mut events = service.subscribe(ANA, "subscription { silence }").await;
    let change = HouseholdsChange {
        sub: ANA,
        hv: 1,
        until: service.now() + 900,
    };
    service
        .ended
        .absorb(service.now(), &[], &[change], service.clock.now());
    let (code, message) = events.last_word().await;
    assert_eq!(code, "UNAUTHENTICATED");
    assert!(message.contains("households have changed"), "{message}");
}

#[tokio::test]
async fn a_service_that_stops_tells_its_subscribers_and_does_not_wait_for_them() {
    let service = Service::start().await;
    let mut events = service.subscribe(ANA, "subscription { silence }").await;
    service.stop.send(true).unwrap();
    assert_eq!(events.last_word().await.0, "UNAVAILABLE");
    service.served.await.unwrap().unwrap();
}

#[tokio::test]
async fn without_reading_events_nobody_subscribes() {
    let service = Service::start().await;
    let response = service
        .ask(ANA, "subscription { silence }", "application/json")
        .await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
    assert!(
        body["errors"][0]["message"]
            .as_str()
            .unwrap()
            .contains("text/event-stream")
    );
}

#[tokio::test]
async fn who_reads_events_too_is_answered_a_question_as_ever() {
    let service = Service::start().await;
    let accept = "application/graphql-response+json, text/event-stream";
    let response = service.ask(ANA, "{ one }", accept).await;
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["data"]["one"], 1);
}

#[tokio::test]
async fn a_document_that_is_wrong_is_refused_as_an_event() {
    let service = Service::start().await;
    for wrong in [
        "subscription { nothing }",
        "subscription { a: silence b: silence }",
        "subscription {",
    ] {
        let mut events = service.subscribe(ANA, wrong).await;
        assert_eq!(events.last_word().await.0, "BAD_USER_INPUT", "{wrong}");
    }
}

#[tokio::test]
async fn one_person_has_twenty_subscriptions_at_most() {
    let service = Service::start().await;
    let mut open = Vec::new();
    for _ in 0..20 {
        let mut events = service.subscribe(ANA, "subscription { news }").await;
        assert_eq!(events.data("news").await, 0);
        open.push(events);
    }
    let mut refused = service.subscribe(ANA, "subscription { news }").await;
    assert_eq!(refused.last_word().await.0, "RATE_LIMITED");
    let mut other = service.subscribe(BO, "subscription { news }").await;
    assert_eq!(other.data("news").await, 0);
}
