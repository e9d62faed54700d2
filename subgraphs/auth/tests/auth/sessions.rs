//! A person sees and ends their own sessions, nobody else's, and is told why one ended.

use std::collections::HashSet;

use mongodb::bson::{DateTime, doc};
use serde_json::{Value, json};

use crate::support::{Deployment, PASSWORD, Pair, Service, pair, until};

/// Somebody with an account, who can sign in again.
struct Person {
    email: String,
    first: Pair,
}

async fn person(service: &Service, name: &str) -> Person {
    let email = format!("{name}@example.org");
    let input = json!({ "email": email, "password": PASSWORD, "displayName": name, "deviceName": "first" });
    Person {
        first: pair(&service.register(input).await).unwrap(),
        email,
    }
}

impl Person {
    async fn signs_in(&self, service: &Service, device: &str) -> Pair {
        let input = json!({ "email": self.email, "password": PASSWORD, "deviceName": device });
        pair(&service.login(input).await).unwrap()
    }
}

const SESSIONS: &str = "query($first: Int, $after: String) { me { sessions(first: $first, after: $after) {
    edges { cursor node { id name userAgent address createdAt lastUsedAt current } }
    pageInfo { hasNextPage hasPreviousPage endCursor } } } }";

async fn page(service: &Service, token: &str, variables: Value) -> Value {
    let answer = service.graphql(Some(token), SESSIONS, variables).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["me"]["sessions"].clone()
}

/// The viewer's sessions, first page.
async fn sessions(service: &Service, token: &str) -> Vec<Value> {
    let page = page(service, token, json!({})).await;
    let edges = page["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"].clone()).collect()
}

/// The id of the session that asks.
async fn current(service: &Service, token: &str) -> String {
    let sessions = sessions(service, token).await;
    let current = sessions
        .iter()
        .find(|session| session["current"] == true)
        .unwrap();
    current["id"].as_str().unwrap().to_owned()
}

fn names(sessions: &[Value]) -> Vec<&str> {
    sessions
        .iter()
        .map(|session| session["name"].as_str().unwrap())
        .collect()
}

async fn revoke(service: &Service, token: &str, id: &str) -> Value {
    let query = "mutation($input: RevokeSessionInput!) { revokeSession(input: $input) {
        session { id current } userErrors { code path } } }";
    let answer = service
        .graphql(Some(token), query, json!({ "input": { "id": id } }))
        .await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    answer["data"]["revokeSession"].clone()
}

/// The code and the reason of a refused refresh.
async fn refusal(service: &Service, refresh: &str) -> (Value, Value) {
    let query = "mutation($input: RefreshInput!) { refresh(input: $input) { tokens { accessToken } userErrors { code reason message } } }";
    let answer = service
        .graphql(None, query, json!({ "input": { "refreshToken": refresh } }))
        .await;
    let error = &answer["data"]["refresh"]["userErrors"][0];
    assert_ne!(error["message"], "", "{answer}");
    (error["code"].clone(), error["reason"].clone())
}

fn ended(reason: &str) -> (Value, Value) {
    (json!("SESSION_REVOKED"), json!(reason))
}

#[tokio::test]
async fn a_session_tells_what_is_known_of_its_device_and_when_it_was_used_last() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = person(&service, "ana").await;
    let agent = reqwest::Client::builder()
        .user_agent("Family/1.0 (tablet)")
        .build()
        .unwrap();
    let login = agent
        .post(format!("{}/login", service.url))
        .json(&json!({ "email": ana.email, "password": PASSWORD, "device_name": "tablet" }));
    let tokens: Value = login.send().await.unwrap().json().await.unwrap();
    deployment.advance(60);
    let refreshed = service
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .unwrap();

    let mut seen = sessions(&service, &refreshed.access).await;
    // Both sign-ins were made within one moment.
    seen.sort_by_key(|session| session["current"] != true);
    let id = seen[0]["id"].clone();
    assert_eq!(
        seen[0],
        json!({
            "id": id, "name": "tablet", "userAgent": "Family/1.0 (tablet)", "address": "127.0.0.1",
            "createdAt": "2100-01-31T12:00:00.000Z", "lastUsedAt": "2100-01-31T12:01:00.000Z", "current": true,
        })
    );
    assert_eq!(seen[1]["name"], "first");
    assert_eq!(seen[1]["current"], false);
    assert_eq!(seen.len(), 2);
}

#[tokio::test]
async fn a_device_is_called_by_what_can_be_seen_and_at_no_length() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = person(&service, "ana").await;
    for (given, kept) in [
        ("\u{202e}ana's\u{200b}\r\n\u{2028}phone ", json!("ana'sphone")),
        (&"x".repeat(5_000), json!("x".repeat(80))),
        ("\u{200b}\u{3164}\n", Value::Null),
    ] {
        let pair = ana.signs_in(&service, given).await;
        let seen = sessions(&service, &pair.access).await;
        let current = seen.iter().find(|session| session["current"] == true);
        assert_eq!(current.unwrap()["name"], kept, "{given:?}");
    }
}

#[tokio::test]
async fn sessions_that_ended_or_expired_are_not_listed() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = person(&service, "ana").await;
    let signed_out = ana.signs_in(&service, "signed out").await;
    service.logout(&signed_out.refresh).await.unwrap();
    deployment.advance(6 * 24 * 60 * 60);
    let recent = ana.signs_in(&service, "recent").await;
    assert_eq!(
        names(&sessions(&service, &recent.access).await),
        ["recent", "first"]
    );
    // The first one has not been used for seven days now.
    deployment.advance(24 * 60 * 60);
    let recent = service.refresh(&recent.refresh).await.unwrap();
    assert_eq!(names(&sessions(&service, &recent.access).await), ["recent"]);
}

#[tokio::test]
async fn pages_of_sessions_hold_each_of_them_once() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = person(&service, "ana").await;
    for n in 0..6 {
        deployment.advance(1);
        ana.signs_in(&service, &format!("device {n}")).await;
    }
    let token = &ana.first.access;
    let (mut seen, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = page(&service, token, json!({ "first": 3, "after": after })).await;
        assert_eq!(page["pageInfo"]["hasPreviousPage"], !after.is_null());
        let edges = page["edges"].as_array().unwrap();
        seen.extend(
            edges
                .iter()
                .map(|edge| edge["node"]["name"].as_str().unwrap().to_owned()),
        );
        after = page["pageInfo"]["endCursor"].clone();
        assert_eq!(edges.last().unwrap()["cursor"], after);
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
    }
    let mut expected: Vec<_> = (0..6).rev().map(|n| format!("device {n}")).collect();
    expected.push("first".into());
    assert_eq!(seen, expected);

    for (variables, argument) in [
        (json!({ "first": 101 }), "first"),
        (json!({ "first": -1 }), "first"),
        (json!({ "after": "elsewhere" }), "after"),
    ] {
        let answer = service.graphql(Some(token), SESSIONS, variables).await;
        assert_eq!(
            answer["errors"][0]["extensions"],
            json!({ "code": "BAD_USER_INPUT", "argument": argument })
        );
    }
}

#[tokio::test]
async fn a_session_is_ended_from_another_device_which_is_told_so() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = person(&service, "ana").await;
    let phone = ana.signs_in(&service, "phone").await;
    let id = current(&service, &phone.access).await;

    // The second time is no error: the answer to the first may have got lost.
    for _ in 0..2 {
        let payload = revoke(&service, &ana.first.access, &id).await;
        assert_eq!(
            payload,
            json!({ "session": { "id": id, "current": false }, "userErrors": [] })
        );
    }
    assert_eq!(
        refusal(&service, &phone.refresh).await,
        ended("SIGNED_OUT_ELSEWHERE")
    );
    assert!(service.refresh(&ana.first.refresh).await.is_ok());
}

#[tokio::test]
async fn ending_the_session_that_asks_is_signing_out() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = person(&service, "ana").await;
    let id = current(&service, &ana.first.access).await;
    assert_eq!(
        revoke(&service, &ana.first.access, &id).await["session"]["current"],
        true
    );
    assert_eq!(refusal(&service, &ana.first.refresh).await, ended("SIGNED_OUT"));
}

#[tokio::test]
async fn nobody_ends_or_learns_of_another_persons_session() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (ana, bo) = (person(&service, "ana").await, person(&service, "bo").await);
    let anas = current(&service, &ana.first.access).await;
    let unknown = "01900000-0000-7000-8000-000000000000";
    let answers = [
        revoke(&service, &bo.first.access, &anas).await,
        revoke(&service, &bo.first.access, unknown).await,
        revoke(&service, &bo.first.access, "no id").await,
    ];
    for answer in answers {
        let error = json!({ "code": "NOT_FOUND", "path": ["input", "id"] });
        assert_eq!(answer, json!({ "session": null, "userErrors": [error] }));
    }
    assert!(service.refresh(&ana.first.refresh).await.is_ok());
    assert_eq!(sessions(&service, &bo.first.access).await.len(), 1);
}

#[tokio::test]
async fn ending_all_others_spares_the_session_that_asks_and_other_people() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let (ana, bo) = (person(&service, "ana").await, person(&service, "bo").await);
    let others = [
        ana.signs_in(&service, "phone").await,
        ana.signs_in(&service, "tablet").await,
    ];
    let query = "mutation { revokeOtherSessions { ended } }";
    for expected in [2, 0] {
        let answer = service.graphql(Some(&ana.first.access), query, json!({})).await;
        assert_eq!(
            answer["data"]["revokeOtherSessions"],
            json!({ "ended": expected }),
            "{answer}"
        );
    }
    let mut reasons = HashSet::new();
    for other in others {
        reasons.insert(refusal(&service, &other.refresh).await.1.to_string());
    }
    assert_eq!(reasons, HashSet::from(["\"SIGNED_OUT_ELSEWHERE\"".to_owned()]));
    assert!(service.refresh(&ana.first.refresh).await.is_ok());
    assert!(service.refresh(&bo.first.refresh).await.is_ok());
}

#[tokio::test]
async fn a_refused_refresh_says_why_the_session_ended_and_keeps_its_first_reason() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;

    let signed_out = service.newcomer().await.refresh;
    service.logout(&signed_out).await.unwrap();
    assert_eq!(refusal(&service, &signed_out).await, ended("SIGNED_OUT"));

    let stolen = service.newcomer().await.refresh;
    let latest = service.refresh(&stolen).await.unwrap().refresh;
    deployment.advance(10);
    assert_eq!(refusal(&service, &stolen).await, ended("REUSE_DETECTED"));
    service.logout(&latest).await.unwrap();
    assert_eq!(refusal(&service, &latest).await, ended("REUSE_DETECTED"));

    // What did not end a session has no such reason.
    assert_eq!(
        refusal(&service, "nonsense").await,
        (json!("TOKEN_INVALID"), Value::Null)
    );
}

#[tokio::test]
async fn a_reuse_that_lost_a_race_against_another_end_tells_the_reason_that_stands() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let stolen = service.newcomer().await.refresh;
    let latest = service.refresh(&stolen).await.unwrap().refresh;
    deployment.advance(10);

    // Another replica is just ending the session: it has written so, and nobody else can see it yet.
    let stored = deployment.stored("sessions").await;
    let mut other = stored.client().start_session().await.unwrap();
    other.start_transaction().await.unwrap();
    let end = doc! { "$set": { "endedAt": DateTime::now(), "endReason": "SIGNED_OUT_ELSEWHERE" } };
    let written = stored.update_one(doc! {}, end).session(&mut other);
    assert_eq!(written.await.unwrap().modified_count, 1);
    let commit = async {
        until("the reuse wants to end the session too", async || {
            deployment.an_update_waits("sessions").await
        })
        .await;
        other.commit_transaction().await.unwrap();
    };
    let (told, ()) = tokio::join!(refusal(&service, &stolen), commit);
    assert_eq!(told, ended("SIGNED_OUT_ELSEWHERE"));
    assert_eq!(refusal(&service, &latest).await, ended("SIGNED_OUT_ELSEWHERE"));
}

#[tokio::test]
async fn without_signing_in_there_are_no_sessions_to_see_or_end() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let ana = person(&service, "ana").await;
    let bo = service.newcomer().await;
    for query in [
        "mutation { revokeOtherSessions { ended } }",
        "mutation { revokeSession(input: { id: \"x\" }) { session { id } } }",
    ] {
        let answer = service.graphql(None, query, json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "{answer}"
        );
    }
    let me = service
        .graphql(Some(&ana.first.access), "{ me { id } }", json!({}))
        .await;
    let entities = json!({ "r": [{ "__typename": "User", "id": me["data"]["me"]["id"] }] });
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { sessions { edges { cursor } } } } }";
    for token in [None, Some(bo.access.as_str())] {
        let answer = service.graphql(token, query, entities.clone()).await;
        assert_eq!(answer["data"], json!({ "_entities": [null] }), "{answer}");
    }
}
