//! A session that has ended is refused everywhere within seconds, however it ended and whichever replica ended it.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::http::HeaderValue;
use constellation_shared::auth::{
    EndedSessionsSource, FEED_POLL, InvalidToken, Location, Rejection, TokenVerifier,
};
use constellation_testing::{AUDIENCE, ISSUER};
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::support::{Deployment, PASSWORD, Pair, Service, claims, pair, until};

/// The code and the message with which a service refuses a token; nothing if it takes it.
async fn refusal(service: &Service, access: &str) -> Option<(String, String)> {
    let answer = service.graphql(Some(access), "{ me { id } }", json!({})).await;
    let error = answer.get("errors")?[0].clone();
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    Some((text(&error["extensions"]["code"]), text(&error["message"])))
}

async fn is_refused_soon(service: &Service, access: &str, why: &str) {
    until(why, async || {
        refusal(service, access).await.is_some_and(|refusal| {
            assert_eq!(refusal.0, "UNAUTHENTICATED");
            assert_eq!(refusal.1, "This session was ended. Sign in again.");
            true
        })
    })
    .await;
}

fn session(pair: &Pair) -> String {
    claims(&pair.access)["sid"].as_str().unwrap().to_owned()
}

async fn feed(service: &Service) -> String {
    service
        .get("/.well-known/ended-sessions")
        .await
        .text()
        .await
        .unwrap()
}

/// The sessions of a feed.
fn sessions(feed: &str) -> BTreeSet<String> {
    let claims = claims(feed);
    let sessions = claims["sessions"].as_array().unwrap().iter();
    sessions
        .map(|session| session["sid"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn however_a_session_ends_all_replicas_refuse_its_tokens() {
    let deployment = Deployment::new().await;
    let replicas = [deployment.service().await, deployment.service().await];
    let [first, second] = &replicas;

    let signed_out = first.newcomer().await;
    first.logout(&signed_out.refresh).await.unwrap();

    let reused = first.newcomer().await;
    let latest = first.refresh(&reused.refresh).await.unwrap();
    deployment.advance(10);
    assert!(first.refresh(&reused.refresh).await.is_err());

    let input = json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" });
    let kept = pair(&first.register(input).await).unwrap();
    let login = json!({ "email": "ana@example.org", "password": PASSWORD });
    let revoked = pair(&first.login(login.clone()).await).unwrap();
    let query = "mutation($id: ID!) { revokeSession(input: { id: $id }) { userErrors { code } } }";
    let answer = first
        .graphql(Some(&kept.access), query, json!({ "id": session(&revoked) }))
        .await;
    assert_eq!(
        answer["data"]["revokeSession"]["userErrors"],
        json!([]),
        "{answer}"
    );
    let other = pair(&first.login(login).await).unwrap();
    let query = "mutation { revokeOtherSessions { ended } }";
    let answer = first.graphql(Some(&kept.access), query, json!({})).await;
    assert_eq!(answer["data"]["revokeOtherSessions"]["ended"], 1, "{answer}");

    for replica in [second, first] {
        is_refused_soon(replica, &signed_out.access, "signed out").await;
        is_refused_soon(replica, &reused.access, "reused").await;
        is_refused_soon(replica, &latest.access, "of a session whose token was reused").await;
        is_refused_soon(replica, &revoked.access, "ended by its owner").await;
        is_refused_soon(replica, &other.access, "ended with all others").await;
        assert_eq!(refusal(replica, &kept.access).await, None);
    }
}

#[tokio::test]
async fn a_replica_that_starts_knows_of_every_end_before_it_serves() {
    let deployment = Deployment::new().await;
    let first = deployment.service().await;
    let ended = first.newcomer().await;
    first.logout(&ended.refresh).await.unwrap();
    let second = deployment.service().await;
    assert!(refusal(&second, &ended.access).await.is_some());
}

#[tokio::test]
async fn a_service_that_follows_the_feed_refuses_the_tokens_of_ended_sessions() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let at = |path: &str| {
        format!("{}/.well-known/{path}", auth.url)
            .parse::<Location>()
            .unwrap()
    };
    let keys = at("jwks.json").follow_keys();
    let source = EndedSessionsSource {
        location: at("ended-sessions"),
        keys: keys.clone(),
        issuer: ISSUER.into(),
        every: FEED_POLL,
        clock: deployment.clock.clone(),
    };
    let verifier =
        TokenVerifier::new(keys, ISSUER, AUDIENCE, deployment.clock.clone()).refusing(source.follow(), None);
    let verifier = Arc::new(verifier);
    let (leaving, staying) = (auth.newcomer().await, auth.newcomer().await);
    let outcome = |pair: &Pair| {
        let header = HeaderValue::from_str(&format!("Bearer {}", pair.access)).unwrap();
        verifier.authenticate(Some(&header))
    };
    until("both are accepted", async || {
        outcome(&leaving).is_ok() && outcome(&staying).is_ok()
    })
    .await;
    auth.logout(&leaving.refresh).await.unwrap();
    until("who left is refused", async || {
        outcome(&leaving) == Err(Rejection::Invalid(InvalidToken::SessionEnded))
    })
    .await;
    assert!(outcome(&staying).is_ok());
}

#[tokio::test]
async fn the_feed_tells_of_a_session_for_as_long_as_its_tokens_could_live() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ended = auth.newcomer().await;
    auth.logout(&ended.refresh).await.unwrap();
    let only = BTreeSet::from([session(&ended)]);
    until("it is told of", async || sessions(&feed(&auth).await) == only).await;
    let expiry = claims(&ended.access)["exp"].as_i64().unwrap();
    let until_when = claims(&feed(&auth).await)["sessions"][0]["until"]
        .as_i64()
        .unwrap();
    assert!(until_when >= expiry + 60, "{until_when} is before {expiry}");

    deployment.advance(15 * 60);
    let issued = |feed: &str| claims(feed)["iat"].as_i64().unwrap();
    let begin = issued(&feed(&auth).await);
    until("it is signed anew", async || issued(&feed(&auth).await) > begin).await;
    assert_eq!(sessions(&feed(&auth).await), only);
    deployment.advance(60);
    until("it is forgotten", async || {
        sessions(&feed(&auth).await).is_empty()
    })
    .await;
}

#[tokio::test]
async fn a_feed_that_is_known_is_not_sent_again() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let first = auth.get("/.well-known/ended-sessions").await;
    assert_eq!(first.headers()["content-type"], "application/ended-sessions+jwt");
    assert_eq!(first.headers()["cache-control"], "no-cache");
    let tag = first.headers()["etag"].to_str().unwrap().to_owned();
    let ask = async |tag: &str| {
        let request = reqwest::Client::new().get(format!("{}/.well-known/ended-sessions", auth.url));
        request.header("if-none-match", tag).send().await.unwrap()
    };
    let again = ask(&tag).await;
    assert_eq!(
        (again.status().as_u16(), again.headers()["etag"].to_str().unwrap()),
        (304, tag.as_str())
    );
    assert_eq!(again.text().await.unwrap(), "");
    let ended = auth.newcomer().await;
    auth.logout(&ended.refresh).await.unwrap();
    until("there are news", async || ask(&tag).await.status() == 200).await;
}

#[tokio::test]
async fn reading_the_feed_touches_ended_sessions_only_and_no_document() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    for _ in 0..3 {
        auth.newcomer().await;
    }
    let ended = auth.newcomer().await;
    auth.logout(&ended.refresh).await.unwrap();
    let long_ago = mongodb::bson::DateTime::from_millis(0);
    let explain = doc! {
        "explain": {
            "find": "sessions",
            "filter": { "endedAt": { "$gt": long_ago } },
            "projection": { "endedAt": 1 },
        },
        "verbosity": "executionStats",
    };
    let plan: Document = deployment.run(explain).await;
    let stats = plan.get_document("executionStats").unwrap();
    assert_eq!(stats.get_i32("nReturned").unwrap(), 1);
    assert_eq!(stats.get_i32("totalKeysExamined").unwrap(), 1);
    assert_eq!(stats.get_i32("totalDocsExamined").unwrap(), 0);
}
