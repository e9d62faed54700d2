use std::collections::HashSet;

use futures_util::future::join_all;
use serde_json::{Value, json};

use super::stack;

const REFRESH: &str = "mutation($input: RefreshInput!) { refresh(input: $input) {
    tokens { accessToken refreshToken } userErrors { code message path } } }";
const LOGOUT: &str =
    "mutation($input: LogoutInput!) { logout(input: $input) { signedOut userErrors { code } } }";

fn token(refresh: &str) -> Value {
    json!({ "input": { "refreshToken": refresh } })
}

#[tokio::test]
async fn twenty_refreshes_of_one_token_at_once_all_get_the_same_successor() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;
    let answers = join_all((0..20).map(|_| stack.anonymous(REFRESH, token(&ana.refresh)))).await;
    let successors: HashSet<_> = answers
        .iter()
        .map(|answer| {
            answer.data()["refresh"]["tokens"]["refreshToken"]
                .as_str()
                .unwrap()
        })
        .collect();
    assert_eq!(successors.len(), 1);
}

#[tokio::test]
async fn after_signing_out_no_token_of_the_session_can_be_refreshed() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;
    let signed_out = stack.anonymous(LOGOUT, token(&ana.refresh)).await;
    assert_eq!(
        signed_out.data()["logout"],
        json!({ "signedOut": true, "userErrors": [] })
    );
    let refused = stack.anonymous(REFRESH, token(&ana.refresh)).await;
    assert_eq!(refused.data()["refresh"]["tokens"], json!(null));
    assert_eq!(
        refused.data()["refresh"]["userErrors"][0]["code"],
        "SESSION_REVOKED"
    );
    assert_eq!(
        refused.data()["refresh"]["userErrors"][0]["path"],
        json!(["input", "refreshToken"])
    );
}

#[tokio::test]
async fn two_people_who_ask_the_same_at_the_same_time_get_each_their_own_answer() {
    let stack = stack().await;
    let people = [stack.newcomer("Ana").await, stack.newcomer("Bo").await];
    let asked = (0..40).map(|n| stack.ask(&people[n % 2], "{ me { id } }", json!({})));
    for (n, answer) in join_all(asked).await.iter().enumerate() {
        assert_eq!(answer.data()["me"]["id"], json!(people[n % 2].id));
    }
}

#[tokio::test]
async fn the_plain_endpoints_of_auth_give_tokens_that_the_graph_takes() {
    let stack = stack().await;
    let mut ana = stack.newcomer("Ana").await;
    let body = json!({ "email": ana.email, "password": crate::support::PASSWORD });
    let http = reqwest::Client::new();
    let tokens: Value = http
        .post(format!("{}/login", stack.auth))
        .json(&body)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    tokens["access_token"]
        .as_str()
        .unwrap()
        .clone_into(&mut ana.access);
    assert_eq!(
        stack.ask(&ana, "{ me { id } }", json!({})).await.data()["me"]["id"],
        json!(ana.id)
    );
}
