use reqwest::header::{COOKIE, ORIGIN, SET_COOKIE};
use serde_json::{Value, json};

use super::stack;
use crate::support::{PASSWORD, Person, Stack};

const LOGIN: &str = "mutation($input: LoginInput!) { login(input: $input) { user { id } tokens { accessToken refreshToken } } }";
const REFRESH: &str =
    "mutation { refresh(input: {}) { user { id } tokens { accessToken refreshToken } userErrors { code } } }";
const LOGOUT: &str = "mutation { logout(input: {}) { signedOut userErrors { code } } }";

/// What a page of the router's own origin gets: the answer, and the cookie that is set, as it goes back.
async fn ask(stack: &Stack, cookie: Option<&str>, query: &str, variables: Value) -> (Value, Option<String>) {
    let mut request = reqwest::Client::new()
        .post(format!("{}/graphql", stack.router))
        .header(ORIGIN, &stack.router)
        .json(&json!({ "query": query, "variables": variables }));
    if let Some(cookie) = cookie {
        request = request.header(COOKIE, cookie);
    }
    let response = request.send().await.unwrap();
    let lines: Vec<_> = response.headers().get_all(SET_COOKIE).iter().cloned().collect();
    assert!(lines.len() <= 1, "{lines:?}");
    let cookie = lines.first().map(|line| {
        let line = line.to_str().unwrap();
        assert!(
            line.contains("; HttpOnly; SameSite=Strict; Secure; Path=/graphql; Max-Age="),
            "{line}"
        );
        line.split(';').next().unwrap().to_owned()
    });
    (response.json().await.unwrap(), cookie)
}

async fn sign_in(stack: &Stack, person: &Person) -> String {
    let input = json!({ "email": person.email, "password": PASSWORD, "refreshTokenDelivery": "COOKIE" });
    let (answer, cookie) = ask(stack, None, LOGIN, json!({ "input": input })).await;
    assert_eq!(answer["data"]["login"]["tokens"]["refreshToken"], Value::Null);
    cookie.unwrap()
}

#[tokio::test]
async fn a_browser_stays_signed_in_by_its_cookie_until_it_signs_out() {
    let stack = stack().await;
    let mut ana = stack.newcomer("Ana").await;
    let first = sign_in(stack, &ana).await;
    let (answer, second) = ask(stack, Some(&first), REFRESH, Value::Null).await;
    let tokens = &answer["data"]["refresh"]["tokens"];
    assert_eq!(tokens["refreshToken"], Value::Null);
    tokens["accessToken"]
        .as_str()
        .unwrap()
        .clone_into(&mut ana.access);
    assert_eq!(
        stack.ask(&ana, "{ me { id } }", json!({})).await.data()["me"]["id"],
        json!(ana.id)
    );

    let second = second.unwrap();
    assert_ne!(first, second);
    let (answer, cleared) = ask(stack, Some(&second), LOGOUT, Value::Null).await;
    assert_eq!(
        answer["data"]["logout"],
        json!({ "signedOut": true, "userErrors": [] })
    );
    assert_eq!(cleared.as_deref(), Some("__Secure-constellation-refresh="));
    let (answer, untouched) = ask(stack, Some(&second), REFRESH, Value::Null).await;
    assert_eq!(
        answer["data"]["refresh"]["userErrors"],
        json!([{ "code": "SESSION_REVOKED" }])
    );
    assert_eq!(untouched, None);

    // Neither program wrote down what opened the session.
    for secret in [first, second] {
        let (_, token) = secret.split_once('=').unwrap();
        for program in &stack.programs {
            assert!(!program.said().contains(token));
        }
    }
}

#[tokio::test]
async fn people_who_refresh_by_cookie_at_the_same_time_get_each_their_own_session() {
    let stack = stack().await;
    let people = [stack.newcomer("Ana").await, stack.newcomer("Bo").await];
    let mut cookies = [sign_in(stack, &people[0]).await, sign_in(stack, &people[1]).await];
    for _ in 0..10 {
        let [ana, bo] = &cookies;
        let (ana, bo) = tokio::join!(
            ask(stack, Some(ana), REFRESH, Value::Null),
            ask(stack, Some(bo), REFRESH, Value::Null)
        );
        assert_eq!(ana.0["data"]["refresh"]["user"]["id"], json!(people[0].id));
        assert_eq!(bo.0["data"]["refresh"]["user"]["id"], json!(people[1].id));
        cookies = [ana.1.unwrap(), bo.1.unwrap()];
        assert_ne!(cookies[0], cookies[1]);
    }
}
