//! A service follows auth's keys and its feed of ended sessions over HTTP, and believes only what auth has signed.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse as _, Response};
use axum::routing::get;
use constellation_shared::auth::{
    AccessClaims, Caller, EndedSession, EndedSessions, EndedSessionsClaims, EndedSessionsSource, FEED_TYPE,
    InvalidToken, KeyRing, Location, Rejection, TOKEN_TYPE, TokenVerifier,
};
use constellation_shared::clock::{Clock, SystemClock};
use constellation_shared::id::{SessionId, UserId};
use constellation_testing::{AUDIENCE, ISSUER, TokenForge};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::time::{Instant, sleep};

const ANA: UserId = UserId::from_bytes([1; 16]);
const BO: UserId = UserId::from_bytes([2; 16]);

/// How long anything may take. Only what hangs ever takes that long.
const DEADLINE: Duration = Duration::from_secs(30);

/// What auth publishes, and what became of it.
#[derive(Default)]
struct Published {
    jwks: String,
    feed: String,
    down: bool,
    answered: usize,
    not_modified: usize,
}

#[derive(Clone, Default)]
struct Auth(Arc<Mutex<Published>>);

impl Auth {
    fn change(&self, change: impl FnOnce(&mut Published)) {
        change(&mut self.0.lock().unwrap());
    }

    fn read<T>(&self, read: impl FnOnce(&Published) -> T) -> T {
        read(&self.0.lock().unwrap())
    }

    /// Serves it on a port of its own.
    async fn serve(&self) -> Location {
        let routes = Router::new()
            .route("/jwks.json", get(jwks))
            .route("/ended-sessions", get(feed))
            .with_state(self.clone());
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        url.parse().unwrap()
    }

    /// A verifier that follows it.
    async fn verifier(&self) -> TokenVerifier {
        let Location::Url(base) = self.serve().await else {
            unreachable!("it is served over HTTP")
        };
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let keys = Location::Url(base.join("jwks.json").unwrap()).follow_keys();
        let ended = follow(&keys, Location::Url(base.join("ended-sessions").unwrap()), &clock);
        TokenVerifier::new(keys, ISSUER, AUDIENCE, clock).refusing(ended, None)
    }
}

fn follow(keys: &KeyRing, location: Location, clock: &Arc<dyn Clock>) -> EndedSessions {
    let source = EndedSessionsSource {
        location,
        keys: keys.clone(),
        issuer: ISSUER.into(),
        every: Duration::from_millis(20),
        clock: Arc::clone(clock),
    };
    source.follow()
}

async fn jwks(State(auth): State<Auth>) -> Response {
    auth.read(|published| published.jwks.clone()).into_response()
}

async fn feed(State(auth): State<Auth>, headers: HeaderMap) -> Response {
    let mut published = auth.0.lock().unwrap();
    published.answered += 1;
    if published.down {
        return StatusCode::INTERNAL_SERVER_ERROR.into_response();
    }
    // The signature is another one for every other text.
    let tag = format!("\"{}\"", published.feed.rsplit('.').next().unwrap());
    if headers
        .get(header::IF_NONE_MATCH)
        .is_some_and(|known| *known == tag)
    {
        published.not_modified += 1;
        return StatusCode::NOT_MODIFIED.into_response();
    }
    ([(header::ETAG, tag)], published.feed.clone()).into_response()
}

fn now() -> i64 {
    SystemClock.now().timestamp()
}

fn claims(ended: &[UserId]) -> EndedSessionsClaims {
    let sessions = ended.iter().map(|user| EndedSession {
        sid: SessionId::from_uuid(user.as_uuid()),
        until: now() + 900,
    });
    EndedSessionsClaims {
        iss: ISSUER.into(),
        iat: now(),
        keys: Vec::new(),
        sessions: sessions.collect(),
        households: Vec::new(),
    }
}

fn signed(forge: &TokenForge, claims: &EndedSessionsClaims) -> String {
    let mut header = forge.header();
    header.typ = Some(FEED_TYPE.into());
    forge.sign(&header, claims)
}

async fn outcome(verifier: &TokenVerifier, forge: &TokenForge, user: UserId) -> Result<Caller, Rejection> {
    let header = HeaderValue::from_str(&forge.bearer(user)).unwrap();
    verifier.authenticate_with_newest_keys(Some(&header)).await
}

/// Waits until something holds.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + DEADLINE;
    while !holds().await {
        assert!(Instant::now() < deadline, "it never happened: {what}");
        sleep(Duration::from_millis(20)).await;
    }
}

/// Waits until the feed has been asked for this many times more, so that what it gave has been looked at but for the
/// last time.
async fn polls(auth: &Auth, count: usize) {
    let begin = auth.read(|published| published.answered);
    until("the feed is read again", async || {
        auth.read(|published| published.answered) >= begin + count
    })
    .await;
}

async fn started(forge: &TokenForge) -> (Auth, TokenVerifier) {
    let auth = Auth::default();
    auth.change(|published| {
        published.jwks = forge.jwks();
        published.feed = signed(forge, &claims(&[]));
    });
    let verifier = auth.verifier().await;
    until("the first token is accepted", async || {
        outcome(&verifier, forge, ANA).await.is_ok()
    })
    .await;
    (auth, verifier)
}

const ENDED: Result<Caller, Rejection> = Err(Rejection::Invalid(InvalidToken::SessionEnded));

#[tokio::test]
async fn an_end_is_heard_of_and_stands_while_auth_is_gone() {
    let forge = TokenForge::new(1);
    let (auth, verifier) = started(&forge).await;
    auth.change(|published| published.feed = signed(&forge, &claims(&[ANA])));
    until("Ana's session is refused", async || {
        outcome(&verifier, &forge, ANA).await == ENDED
    })
    .await;
    assert!(outcome(&verifier, &forge, BO).await.is_ok());

    auth.change(|published| published.down = true);
    polls(&auth, 2).await;
    assert_eq!(outcome(&verifier, &forge, ANA).await, ENDED);
    assert!(outcome(&verifier, &forge, BO).await.is_ok());

    // And news are heard again once auth is back, which has lost its memory meanwhile.
    auth.change(|published| {
        published.down = false;
        published.feed = signed(&forge, &claims(&[BO]));
    });
    until("Bo's session is refused", async || {
        outcome(&verifier, &forge, BO).await == ENDED
    })
    .await;
    assert_eq!(outcome(&verifier, &forge, ANA).await, ENDED);
}

#[tokio::test]
async fn a_feed_that_has_not_changed_is_not_sent_again() {
    let (auth, _verifier) = started(&TokenForge::new(1)).await;
    polls(&auth, 2).await;
    let (answered, not_modified) = auth.read(|published| (published.answered, published.not_modified));
    assert_eq!(not_modified, answered - 1);
}

#[tokio::test]
async fn nothing_is_believed_that_auth_has_not_signed_as_its_feed() {
    let (forge, thief) = (TokenForge::new(1), TokenForge::new(2));
    let (auth, verifier) = started(&forge).await;
    let all = claims(&[ANA, BO]);
    let with = |change: &dyn Fn(&mut EndedSessionsClaims)| {
        let mut claims = all.clone();
        change(&mut claims);
        signed(&forge, &claims)
    };
    let of_type = |typ: Option<&str>| {
        let mut header = forge.header();
        header.typ = typ.map(str::to_owned);
        forge.sign(&header, &all)
    };
    let mut imitation = forge.header();
    imitation.typ = Some(FEED_TYPE.into());
    let good = signed(&forge, &all);
    let parts: Vec<_> = good.split('.').collect();
    let other = signed(&forge, &claims(&[]));
    let forged = [
        ("signed by another key", signed(&thief, &all)),
        ("signed by another key in our name", thief.sign(&imitation, &all)),
        (
            "of another issuer",
            with(&|claims| claims.iss = "https://elsewhere.test".into()),
        ),
        ("of the future", with(&|claims| claims.iat += 3600)),
        ("of the type of an access token", of_type(Some(TOKEN_TYPE))),
        ("of no type", of_type(None)),
        (
            "with another signature",
            format!("{}.{}.{}", parts[0], parts[1], other.rsplit('.').next().unwrap()),
        ),
        ("without its signature", format!("{}.{}.", parts[0], parts[1])),
        ("cut short", good[..good.len() / 2].to_owned()),
        ("empty", String::new()),
        ("no feed at all", json!({ "sessions": [] }).to_string()),
    ];
    for (name, feed) in forged {
        auth.change(|published| published.feed = feed);
        polls(&auth, 2).await;
        assert!(
            outcome(&verifier, &forge, ANA).await.is_ok(),
            "a feed {name} was believed"
        );
    }
    auth.change(|published| published.feed = good);
    until("the good one is believed", async || {
        outcome(&verifier, &forge, ANA).await == ENDED
    })
    .await;
}

#[tokio::test]
async fn a_feed_that_could_not_be_believed_yet_is_looked_at_again_as_soon_as_its_key_is_known() {
    let (forge, next) = (TokenForge::new(1), TokenForge::new(2));
    let (auth, verifier) = started(&forge).await;
    // The replica that answers for the feed has taken a new key up, the one that answers for the keys has not yet.
    auth.change(|published| published.feed = signed(&next, &claims(&[ANA])));
    polls(&auth, 2).await;
    assert!(outcome(&verifier, &forge, ANA).await.is_ok());
    let both = [&forge, &next].map(|forge| serde_json::from_str::<Value>(&forge.jwks()).unwrap());
    let keys: Vec<_> = both.iter().map(|jwks| jwks["keys"][0].clone()).collect();
    auth.change(|published| published.jwks = json!({ "keys": keys }).to_string());
    // The feed is the very same, and would be answered with 304 to whoever had remembered it.
    until("the feed is believed", async || {
        outcome(&verifier, &forge, ANA).await == ENDED
    })
    .await;
}

#[tokio::test]
async fn the_feed_is_no_access_token() {
    let forge = TokenForge::new(1);
    let (_auth, verifier) = started(&forge).await;
    // A feed that also says all that an access token says.
    let mut all: Value = json!(claims(&[]));
    let access: AccessClaims = forge.claims(ANA);
    all.as_object_mut()
        .unwrap()
        .extend(json!(access).as_object().unwrap().clone());
    let mut header = forge.header();
    header.typ = Some(FEED_TYPE.into());
    let token = HeaderValue::from_str(&format!("Bearer {}", forge.sign(&header, &all))).unwrap();
    assert_eq!(
        verifier.authenticate(Some(&token)),
        Err(Rejection::Invalid(InvalidToken::NotOurs))
    );
}

#[tokio::test]
async fn the_keys_that_the_feed_tells_of_are_read_before_a_token_comes_and_others_forgotten() {
    let (old, new) = (TokenForge::new(1), TokenForge::new(2));
    let (auth, verifier) = started(&old).await;
    let publish = |jwks: String, forge: &TokenForge, keys: &[&TokenForge]| {
        let mut feed = claims(&[]);
        feed.keys = keys.iter().map(|forge| forge.header().kid.unwrap()).collect();
        auth.change(|published| {
            published.jwks = jwks;
            published.feed = signed(forge, &feed);
        });
    };
    // This way of asking never makes anybody read the keys.
    let outcome =
        |forge: &TokenForge| verifier.authenticate(Some(&HeaderValue::from_str(&forge.bearer(ANA)).unwrap()));
    let mut both: Value = serde_json::from_str(&old.jwks()).unwrap();
    let added: Value = serde_json::from_str(&new.jwks()).unwrap();
    both["keys"]
        .as_array_mut()
        .unwrap()
        .push(added["keys"][0].clone());

    publish(both.to_string(), &old, &[&old, &new]);
    until("the new key is known", async || outcome(&new).is_ok()).await;
    assert!(outcome(&old).is_ok());

    publish(new.jwks(), &new, &[&new]);
    until("the old key is forgotten", async || {
        outcome(&old) == Err(Rejection::Invalid(InvalidToken::UnknownKey))
    })
    .await;
    assert!(outcome(&new).is_ok());
}

#[tokio::test]
async fn a_feed_is_read_from_a_file_too() {
    let forge = TokenForge::new(1);
    let folder = tempfile::tempdir().unwrap();
    let (keys, feed) = (
        folder.path().join("jwks.json"),
        folder.path().join("ended-sessions"),
    );
    std::fs::write(&keys, forge.jwks()).unwrap();
    std::fs::write(&feed, format!("{}\n", signed(&forge, &claims(&[ANA])))).unwrap();
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = Location::File(keys).follow_keys();
    let ended = follow(&keys, Location::File(feed), &clock);
    let verifier = TokenVerifier::new(keys, ISSUER, AUDIENCE, clock).refusing(ended, None);
    until("Ana's session is refused", async || {
        outcome(&verifier, &forge, ANA).await == ENDED
    })
    .await;
    assert!(outcome(&verifier, &forge, BO).await.is_ok());
}
