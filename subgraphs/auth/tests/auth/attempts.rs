//! Trying to sign in, and what may come of it.

use serde_json::{Value, json};

use crate::support::{PASSWORD, Service};

pub(crate) const WRONG: &str = "a wrong long password";

/// What came of an attempt.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The password was looked at and is wrong.
    Wrong,
    /// The person is in; this is the device's token for the next time.
    In(String),
    /// Nothing was looked at; after so many seconds it will be.
    TooMany(u64),
}
pub(crate) use Outcome::{In, TooMany, Wrong};

const LOGIN: &str =
    "mutation($input: LoginInput!) { login(input: $input) { deviceToken userErrors { code } } }";

/// One attempt, by a device that was never here before.
pub(crate) async fn attempt(service: &Service, email: &str, password: &str) -> Outcome {
    attempt_with(service, email, password, None).await
}

/// One attempt, by a device that shows a token.
pub(crate) async fn attempt_with(
    service: &Service,
    email: &str,
    password: &str,
    token: Option<&str>,
) -> Outcome {
    let input = json!({ "email": email, "password": password, "deviceToken": token });
    let answer = service.graphql(None, LOGIN, json!({ "input": input })).await;
    outcome(&answer)
}

/// What an answer says of an attempt.
pub(crate) fn outcome(answer: &Value) -> Outcome {
    if let Some(errors) = answer.get("errors") {
        let extensions = &errors[0]["extensions"];
        assert_eq!(extensions["code"], "RATE_LIMITED", "{answer}");
        return TooMany(extensions["retryAfter"].as_u64().unwrap());
    }
    let payload = &answer["data"]["login"];
    if let Some(token) = payload["deviceToken"].as_str() {
        return In(token.to_owned());
    }
    assert_eq!(
        payload["userErrors"][0]["code"], "INVALID_CREDENTIALS",
        "{answer}"
    );
    Wrong
}

/// Tries wrong passwords until one is not looked at any more: how many were, and how long the next has to wait.
pub(crate) async fn exhaust(service: &Service, email: &str) -> (usize, u64) {
    for tries in 0..200 {
        match attempt(service, email, WRONG).await {
            Wrong => {}
            TooMany(wait) => return (tries, wait),
            In(_) => panic!("a wrong password is right"),
        }
    }
    panic!("nobody stops this");
}

/// A person with the usual password.
pub(crate) async fn register(service: &Service, email: &str) -> String {
    let input = json!({ "email": email, "password": PASSWORD, "displayName": "Ana" });
    let query =
        "mutation($input: RegisterInput!) { register(input: $input) { deviceToken userErrors { code } } }";
    let answer = service.graphql(None, query, json!({ "input": input })).await;
    answer["data"]["register"]["deviceToken"]
        .as_str()
        .unwrap()
        .to_owned()
}
