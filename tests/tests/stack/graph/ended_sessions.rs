//! Who signs out is out everywhere within seconds, although nobody asks auth about each token.

use std::time::Duration;

use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::stack;
use crate::support::{Answer, Person, Stack, post};

/// How long it may take until nobody takes a token. It is promised within `SIGN_OUT_DELAY`; only what never happens takes
/// as long as this.
const DEADLINE: Duration = Duration::from_mins(1);

async fn ask(url: &str, person: &Person) -> Answer {
    let authorization = format!("Bearer {}", person.access);
    post(url, Some(&authorization), "{ __typename }", json!({})).await
}

async fn is_refused_everywhere(stack: &Stack, person: &Person) {
    let deadline = Instant::now() + DEADLINE;
    for url in [&stack.router, &stack.auth, &stack.expense] {
        let refusal = loop {
            let answer = ask(url, person).await;
            if answer.status == 401 {
                break answer;
            }
            assert_eq!(answer.status, 200, "{}", answer.body);
            assert!(
                Instant::now() < deadline,
                "the token of an ended session still works at {url}"
            );
            sleep(Duration::from_millis(50)).await;
        };
        assert_eq!(refusal.codes(), ["UNAUTHENTICATED"]);
        assert_eq!(
            refusal.body["errors"][0]["message"],
            "This session was ended. Sign in again."
        );
        assert_eq!(
            refusal.headers["www-authenticate"],
            r#"Bearer error="invalid_token""#
        );
    }
}

async fn is_taken_everywhere(stack: &Stack, person: &Person) {
    for url in [&stack.router, &stack.auth, &stack.expense] {
        assert_eq!(ask(url, person).await.status, 200, "at {url}");
    }
}

#[tokio::test]
async fn a_token_of_a_session_that_was_signed_out_is_soon_refused_everywhere() {
    let stack = stack().await;
    let (ana, bo) = (stack.newcomer("Ana").await, stack.newcomer("Bo").await);
    is_taken_everywhere(stack, &ana).await;
    let query = "mutation($input: LogoutInput!) { logout(input: $input) { signedOut } }";
    let input = json!({ "input": { "refreshToken": ana.refresh } });
    assert_eq!(
        stack.anonymous(query, input).await.data()["logout"]["signedOut"],
        true
    );
    is_refused_everywhere(stack, &ana).await;
    is_taken_everywhere(stack, &bo).await;
}

#[tokio::test]
async fn a_device_that_is_ended_from_another_is_soon_refused_everywhere() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;
    let login =
        "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken refreshToken } } }";
    let input = json!({ "input": { "email": ana.email, "password": crate::support::PASSWORD } });
    let answer = stack.anonymous(login, input).await;
    let text = |name: &str| {
        answer.data()["login"]["tokens"][name]
            .as_str()
            .unwrap()
            .to_owned()
    };
    let phone = Person {
        id: ana.id.clone(),
        email: ana.email.clone(),
        access: text("accessToken"),
        refresh: text("refreshToken"),
    };
    is_taken_everywhere(stack, &phone).await;

    let query = "{ me { sessions { edges { node { id current } } } } }";
    let answer = stack.ask(&phone, query, json!({})).await;
    let sessions = answer.data()["me"]["sessions"]["edges"].as_array().unwrap();
    let current = sessions
        .iter()
        .find(|edge| edge["node"]["current"] == true)
        .unwrap();
    let query =
        "mutation($input: RevokeSessionInput!) { revokeSession(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "id": current["node"]["id"] } });
    let answer = stack.ask(&ana, query, input).await;
    assert_eq!(answer.data()["revokeSession"]["userErrors"], json!([]));

    is_refused_everywhere(stack, &phone).await;
    is_taken_everywhere(stack, &ana).await;
    let query = "mutation($input: RefreshInput!) { refresh(input: $input) { userErrors { code reason } } }";
    let input = json!({ "input": { "refreshToken": phone.refresh } });
    let refused = stack.anonymous(query, input).await;
    let error = json!({ "code": "SESSION_REVOKED", "reason": "SIGNED_OUT_ELSEWHERE" });
    assert_eq!(refused.data()["refresh"]["userErrors"], json!([error]));
}

#[tokio::test]
async fn every_service_says_that_it_hears_of_ended_sessions() {
    let stack = stack().await;
    for url in [&stack.router, &stack.auth, &stack.expense] {
        let ready: Value = reqwest::get(format!("{url}/ready"))
            .await
            .unwrap()
            .json()
            .await
            .unwrap();
        assert_eq!(ready["checks"]["ended sessions"], "ok", "{url}: {ready}");
    }
}
