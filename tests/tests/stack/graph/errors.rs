//! Every error tells what to mend, in codes that do not change.

use serde_json::{Value, json};

use super::stack;
use crate::support::post;

#[tokio::test]
async fn whatever_is_wrong_with_an_operation_is_the_callers_to_mend() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;
    let cases = [
        ("{", json!({})),
        ("", json!({})),
        ("{ nothing }", json!({})),
        ("{ me { id nothing } }", json!({})),
        ("{ me }", json!({})),
        ("query($id: ID!) { expense(id: $id) { id } }", json!({})),
        (
            "query($n: Int!) { me { expenses(first: $n) { edges { cursor } } } }",
            json!({ "n": "ten" }),
        ),
        ("{ me { expenses(first: 1000) { edges { cursor } } } }", json!({})),
        (
            "{ me { expenses(first: 1, last: 1) { edges { cursor } } } }",
            json!({}),
        ),
        (
            "{ me { expenses(after: \"nonsense\") { edges { cursor } } } }",
            json!({}),
        ),
        ("query A { me { id } } query B { me { id } }", json!({})),
        ("subscription { nothing }", json!({})),
    ];
    for (query, variables) in cases {
        let answer = stack.ask(&ana, query, variables).await;
        let codes = answer.codes();
        assert!(
            !codes.is_empty() && codes.iter().all(|code| *code == "BAD_USER_INPUT"),
            "{query}: {}",
            answer.body
        );
    }
}

#[tokio::test]
async fn a_body_that_is_no_operation_is_refused_by_router_and_subgraphs_alike() {
    let stack = stack().await;
    let http = reqwest::Client::new();
    for url in [&stack.router, &stack.auth, &stack.expense] {
        for body in [
            "",
            "{",
            "[]",
            "null",
            "\"text\"",
            "[{\"query\":\"{ __typename }\"}]",
            "{\"query\":1}",
        ] {
            let response = http
                .post(format!("{url}/graphql"))
                .header("content-type", "application/json")
                .body(body)
                .send()
                .await
                .unwrap();
            let status = response.status();
            let answer: Value = response.json().await.unwrap();
            crate::support::assert_well_formed(&answer);
            assert!(status.is_client_error(), "{body} at {url}: {status}");
            assert_eq!(
                answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
                "{body} at {url}: {answer}"
            );
        }
    }
}

#[tokio::test]
async fn a_request_keeps_its_id_through_router_and_subgraphs() {
    let stack = stack().await;
    let response = reqwest::Client::new()
        .post(format!("{}/graphql", stack.router))
        .header("x-request-id", "lost-in-the-dark-42")
        .json(&json!({ "query": "{ me { id } }" }))
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["x-request-id"], "lost-in-the-dark-42");

    // One that could forge a log line gets another in its place.
    let long = "x".repeat(500);
    let response = reqwest::Client::new()
        .post(format!("{}/graphql", stack.router))
        .header("x-request-id", &long)
        .json(&json!({ "query": "{ me { id } }" }))
        .send()
        .await
        .unwrap();
    let given = response.headers()["x-request-id"].to_str().unwrap();
    assert!(given != long && !given.is_empty());
}

#[tokio::test]
async fn unknown_paths_and_methods_get_a_coded_answer() {
    let stack = stack().await;
    for url in [&stack.router, &stack.auth, &stack.expense] {
        let response = reqwest::get(format!("{url}/no/such/path")).await.unwrap();
        assert_eq!(response.status(), 404);
        let body: Value = response.json().await.unwrap();
        assert_eq!(body["errors"][0]["extensions"]["code"], "NOT_FOUND", "{url}");
    }
    let answer = post(
        &stack.router,
        None,
        "{ __schema { queryType { name } } }",
        json!({}),
    )
    .await;
    assert_eq!(answer.data()["__schema"]["queryType"]["name"], "Query");
}
