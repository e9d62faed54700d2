//! A token of an ended session is refused, whatever else holds of it, and no feed that is old, empty or forged lets it
//! in again.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use constellation_shared::auth::{
    EndedSession, EndedSessions, InvalidToken, LEEWAY, Rejection, STALE, TokenVerifier, checks,
};
use constellation_shared::clock::Clock;
use constellation_shared::http::readiness;
use constellation_shared::id::{SessionId, UserId};
use constellation_testing::{ManualClock, TokenForge};
use serde_json::{Value, json};

const ANA: UserId = UserId::from_bytes([1; 16]);
const BO: UserId = UserId::from_bytes([2; 16]);

/// A service that is told of ended sessions by hand.
struct Service {
    clock: Arc<ManualClock>,
    ended: EndedSessions,
    verifier: Arc<TokenVerifier>,
    forge: TokenForge,
}

impl Service {
    fn new(max_age: Option<Duration>) -> Self {
        let clock = Arc::new(ManualClock::at("2100-01-31T12:00:00Z"));
        let (ended, forge) = (EndedSessions::default(), TokenForge::new(1));
        let verifier = forge.verifier(clock.clone()).refusing(ended.clone(), max_age);
        Self {
            clock,
            ended,
            verifier: Arc::new(verifier),
            forge,
        }
    }

    fn now(&self) -> i64 {
        self.clock.now().timestamp()
    }

    /// What comes of a token of this person that is good in itself.
    fn outcome(&self, user: UserId) -> Result<UserId, Rejection> {
        let mut claims = self.forge.claims(user);
        (claims.iat, claims.exp) = (self.now(), self.now() + 900);
        let token = format!("Bearer {}", self.forge.sign(&self.forge.header(), &claims));
        let header = HeaderValue::from_str(&token).unwrap();
        let caller = self.verifier.authenticate(Some(&header))?;
        Ok(caller.viewer().unwrap().user)
    }

    fn hears(&self, as_of: i64, ended: &[EndedSession]) {
        self.ended.absorb(as_of, ended, &[], self.clock.now());
    }

    async fn ready(&self) -> (u16, Value) {
        let (status, body) = readiness(&checks(&self.verifier)).await;
        (status.as_u16(), body["checks"]["ended sessions"].clone())
    }
}

/// The session that a forge's tokens of this person are of.
fn session_of(user: UserId, until: i64) -> EndedSession {
    EndedSession {
        sid: SessionId::from_uuid(user.as_uuid()),
        until,
    }
}

const ENDED: Result<UserId, Rejection> = Err(Rejection::Invalid(InvalidToken::SessionEnded));
const UNAVAILABLE: Result<UserId, Rejection> = Err(Rejection::EndedSessionsUnavailable);

#[test]
fn a_token_of_an_ended_session_is_refused_and_its_holder_told_so() {
    let service = Service::new(None);
    service.hears(service.now(), &[]);
    assert_eq!(service.outcome(ANA), Ok(ANA));
    service.hears(service.now(), &[session_of(ANA, service.now() + 900)]);
    assert_eq!(service.outcome(ANA), ENDED);
    assert_eq!(service.outcome(BO), Ok(BO));
    let rejection = service.outcome(ANA).unwrap_err();
    assert_eq!(rejection.status().as_u16(), 401);
    assert!(
        rejection.body().contains("This session was ended."),
        "{}",
        rejection.body()
    );
    assert!(rejection.body().contains("UNAUTHENTICATED"));
}

#[test]
fn no_later_feed_takes_an_end_back_before_its_time_is_over() {
    let service = Service::new(None);
    let (begin, until) = (service.now(), service.now() + 900);
    service.hears(begin, &[session_of(ANA, until)]);
    // An empty one, one of a replica that lags, one that is replayed, one that would shorten it.
    service.hears(begin + 1, &[]);
    service.hears(begin - 60, &[]);
    service.hears(begin + 2, &[session_of(ANA, begin)]);
    assert_eq!(service.outcome(ANA), ENDED);

    service.clock.advance(Duration::from_secs(899) + LEEWAY);
    service.hears(service.now(), &[]);
    assert_eq!(service.outcome(ANA), ENDED);
    // No token of the session can be valid now, so nobody needs to remember it any more.
    service.clock.advance(Duration::from_secs(1));
    service.hears(service.now(), &[]);
    assert_eq!(service.outcome(ANA), Ok(ANA));
}

#[tokio::test]
async fn nothing_is_said_of_a_token_before_the_first_feed() {
    let service = Service::new(None);
    assert_eq!(service.outcome(ANA), UNAVAILABLE);
    assert_eq!(service.outcome(ANA).unwrap_err().status().as_u16(), 503);
    assert_eq!(service.ready().await.0, 503);
    service.hears(service.now(), &[]);
    assert_eq!(service.outcome(ANA), Ok(ANA));
    assert_eq!(service.ready().await, (200, json!("ok")));
}

#[tokio::test]
async fn without_news_what_is_known_stands_and_readiness_tells() {
    let service = Service::new(None);
    service.hears(service.now(), &[session_of(ANA, service.now() + 900)]);
    service.clock.advance(STALE);
    assert_eq!(service.ready().await, (200, json!("ok")));
    service.clock.advance(Duration::from_secs(45));
    let (status, said) = service.ready().await;
    assert_eq!(status, 200);
    assert!(said.as_str().unwrap().contains("75 seconds old"), "{said}");
    assert_eq!(service.outcome(ANA), ENDED);
    assert_eq!(service.outcome(BO), Ok(BO));
    // A replayed feed is no news.
    service.hears(service.now() - 75, &[]);
    assert_ne!(service.ready().await.1, json!("ok"));
    service.hears(service.now(), &[]);
    assert_eq!(service.ready().await, (200, json!("ok")));
    // Nor does it take news back, such as when another replica answers that lags.
    service.hears(service.now() - 75, &[]);
    assert_eq!(service.ready().await, (200, json!("ok")));
}

#[tokio::test]
async fn a_service_that_must_have_news_refuses_without_them_until_they_come() {
    let service = Service::new(Some(Duration::from_mins(1)));
    service.hears(service.now(), &[session_of(ANA, service.now() + 900)]);
    service.clock.advance(Duration::from_mins(1));
    assert_eq!(service.outcome(BO), Ok(BO));
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(service.outcome(BO), UNAVAILABLE);
    // What is known to have ended needs no news.
    assert_eq!(service.outcome(ANA), ENDED);
    let (status, said) = service.ready().await;
    assert_eq!(status, 503);
    assert!(said.as_str().unwrap().contains("61 seconds old"), "{said}");
    // A replayed feed does not open it again.
    service.hears(service.now() - 61, &[]);
    assert_eq!(service.outcome(BO), UNAVAILABLE);
    service.hears(service.now(), &[]);
    assert_eq!(service.outcome(BO), Ok(BO));
    assert_eq!(service.outcome(ANA), ENDED);
}
