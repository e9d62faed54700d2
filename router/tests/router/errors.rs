use constellation_router::SupergraphSource;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use crate::subgraphs::{Subgraphs, supergraph};
use crate::support::{BOTH, TestRouter, Topology, errors, read};

/// Codes that are ours; no answer may carry any other.
const CODES: [&str; 8] = [
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "NOT_FOUND",
    "BAD_USER_INPUT",
    "CONFLICT",
    "RATE_LIMITED",
    "UNAVAILABLE",
    "INTERNAL",
];

async fn router() -> TestRouter {
    TestRouter::before(&Subgraphs::new(), Topology::InMemory).await
}

/// The status, the one error's code and its message.
async fn refusal(request: RequestBuilder) -> (u16, String, String) {
    let request = request.build().unwrap();
    let sent = request.try_clone().unwrap();
    let (status, body) = read(reqwest::Client::new().execute(sent).await.unwrap()).await;
    let asked = request
        .body()
        .and_then(reqwest::Body::as_bytes)
        .map(String::from_utf8_lossy);
    let error = &body["errors"][0];
    let code = error["extensions"]["code"]
        .as_str()
        .unwrap_or_default()
        .to_owned();
    assert!(CODES.contains(&code.as_str()), "{asked:?}: {body}");
    assert!(body.get("data").is_none_or(Value::is_null), "{body}");
    (
        status.as_u16(),
        code,
        error["message"].as_str().unwrap_or_default().to_owned(),
    )
}

/// `POST /graphql` with these headers and this body.
fn post(router: &TestRouter, headers: &[(&str, &str)], body: &str) -> RequestBuilder {
    let request = router.client.post(router.url("/graphql")).body(body.to_owned());
    headers
        .iter()
        .fold(request, |request, (name, value)| request.header(*name, *value))
}

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test(flavor = "multi_thread")]
async fn what_is_wrong_with_a_request_is_said_in_words_that_help() {
    let router = router().await;
    let document = |query: &str| json!({ "query": query }).to_string();
    let deep = format!("{{ me {} {{ id }} {} }}", "{ friend ".repeat(15), "}".repeat(15));
    let circles = "{ __type(name: \"User\") { ...Circle } } fragment Circle on __Type { fields { type { fields { type { \
                   possibleTypes { name } } } } } }";
    let aliases = (0..101)
        .map(|n| format!("a{n}: __typename"))
        .collect::<Vec<_>>()
        .join(" ");
    let long = "__typename ".repeat(11_000);
    let cases = [
        ("not GraphQL", 200, document("{ me "), "not GraphQL"),
        ("an unknown field", 200, document("{ nothing }"), r#""nothing""#),
        ("an unknown argument", 200, document(r#"{ greet(name: "Ada", nom: "Ada") }"#), "nom"),
        ("no such operation", 400, json!({ "query": "query A { me { id } }", "operationName": "B" }).to_string(), "operationName"),
        ("two operations, none named", 400, document("query A { me { id } } query B { me { id } }"), "operationName"),
        ("a missing variable", 200, document("query ($name: String!) { greet(name: $name) }"), "$name"),
        (
            "a variable of the wrong type",
            200,
            json!({ "query": "query ($name: String!) { greet(name: $name) }", "variables": { "name": 4711 } }).to_string(),
            "String cannot represent a non string value",
        ),
        ("no document", 400, "{}".to_owned(), "`query`"),
        ("no JSON", 400, "{".to_owned(), "JSON"),
        ("a list of operations", 400, format!("[{}]", document("{ me { id } }")), "one operation per request"),
        ("variables that are no object", 400, json!({ "query": "{ me { id } }", "variables": 7 }).to_string(), "JSON"),
        ("a subscription", 415, document("subscription { gated(more: 0) }"), "text/event-stream"),
        ("the schema in circles", 200, document(circles), "in circles"),
        ("too deep", 200, document(&deep), "too deep"),
        ("too many aliases", 200, document(&format!("{{ {aliases} }}")), "too many aliases"),
        ("too many tokens", 200, document(&format!("{{ {long} }}")), "too long"),
        ("too large", 413, document(&"#".repeat(300_000)), "too large"),
    ];
    for (name, status, body, words) in cases {
        let refused = refusal(post(&router, &[JSON], &body)).await;
        assert_eq!(
            (refused.0, refused.1.as_str()),
            (status, "BAD_USER_INPUT"),
            "{name}: {refused:?}"
        );
        assert!(refused.2.contains(words), "{name}: {refused:?}");
        assert!(!refused.2.contains("4711"), "{name}: {refused:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_accepts_graphql_responses_gets_the_status_that_they_have() {
    let router = router().await;
    let accept = ("accept", "application/graphql-response+json");
    for (query, status) in [("{ me { id } }", 200), ("{ nothing }", 400), ("{ me ", 400)] {
        let body = json!({ "query": query }).to_string();
        let response = post(&router, &[JSON, accept], &body).send().await.unwrap();
        assert_eq!(response.status(), status, "{query}");
        assert_eq!(response.headers()["content-type"], accept.1);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_operation_comes_as_json_by_post() {
    let router = router().await;
    let body = json!({ "query": "{ me { id } }" }).to_string();
    for (headers, status) in [
        (&[("content-type", "text/plain")][..], 400),
        (&[("content-type", "application/graphql")], 415),
        (&[], 400),
        (&[JSON, ("accept", "text/html")], 415),
    ] {
        let refused = refusal(post(&router, headers, &body)).await;
        assert_eq!(
            (refused.0, refused.1.as_str()),
            (status, "BAD_USER_INPUT"),
            "{headers:?}: {refused:?}"
        );
        assert!(
            refused.2.contains("Content-Type: application/json"),
            "{headers:?}: {refused:?}"
        );
    }
    let put = router
        .client
        .request(Method::PUT, router.url("/graphql"))
        .header(JSON.0, JSON.1)
        .body(body);
    let refused = refusal(put).await;
    assert_eq!((refused.0, refused.1.as_str()), (405, "BAD_USER_INPUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_get_is_a_query_that_no_foreign_page_can_send() {
    let router = router().await;
    let get = |query: &str| router.get("/graphql").query(&[("query", query)]);
    let refused = refusal(get("{ me { id } }")).await;
    assert_eq!((refused.0, refused.1.as_str()), (400, "BAD_USER_INPUT"));
    assert!(refused.2.contains("GraphQL-Require-Preflight"), "{refused:?}");

    let allowed = |query| get(query).header("graphql-require-preflight", "true");
    let (status, body) = read(allowed("{ me { id } }").send().await.unwrap()).await;
    assert_eq!(
        (status, body),
        (StatusCode::OK, json!({ "data": { "me": { "id": "1" } } }))
    );

    let refused = refusal(allowed(r#"mutation { register(name: "Ada") }"#)).await;
    assert_eq!((refused.0, refused.1.as_str()), (405, "BAD_USER_INPUT"));
    assert!(refused.2.contains("POST"), "{refused:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_told_only_where_that_is_switched_on() {
    let query = "{ __schema { queryType { name } } }";
    let router = router().await;
    let answer = router.query(query).await;
    assert_eq!(
        answer,
        json!({ "data": { "__schema": { "queryType": { "name": "Query" } } } })
    );

    // What tools ask: every type once, and the types of their fields through any number of lists.
    let wrapped = "{ name ofType ".repeat(9) + "{ name }" + &"}".repeat(9);
    let all = format!(
        "{{ __schema {{ types {{ ...All }} directives {{ args {{ ...In }} }} }} }}
         fragment All on __Type {{
           name fields {{ name args {{ ...In }} type {wrapped} }} inputFields {{ ...In }}
           interfaces {{ name }} possibleTypes {{ name }}
         }}
         fragment In on __InputValue {{ name type {wrapped} }}"
    );
    assert_eq!(errors(&router.query(&all).await), []);

    let silent = TestRouter::with(&Subgraphs::new(), Topology::InMemory, |options| {
        options.introspection = false;
    })
    .await;
    let refused = refusal(silent.operation(query, &json!({}))).await;
    assert_eq!((refused.0, refused.1.as_str()), (400, "BAD_USER_INPUT"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraphs_code_of_ours_reaches_the_client_with_its_message_and_path() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        for code in CODES {
            let query = "query ($code: String) { failed: fail(code: $code) }";
            let answer = router.query_with(query, &json!({ "code": code })).await;
            assert_eq!(
                errors(&answer),
                [(code.into(), r#"["failed"]"#.into())],
                "{topology:?}"
            );
            assert_eq!(answer["errors"][0]["message"], "What the subgraph says.");
            assert!(answer["errors"][0].get("locations").is_none());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_else_a_subgraph_says_is_hidden_behind_the_requests_id() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        for code in [Value::Null, json!("DOWNSTREAM_SERVICE_ERROR"), json!("E11000")] {
            let request = router.operation(
                "query ($code: String) { fail(code: $code) }",
                &json!({ "code": code }),
            );
            let response = request.header("x-request-id", "find-me").send().await.unwrap();
            let (_, answer) = read(response).await;
            let expected = json!({ "data": { "fail": null }, "errors": [{
                "message": constellation_shared::error::INTERNAL_MESSAGE,
                "path": ["fail"],
                "extensions": { "code": "INTERNAL", "requestId": "find-me" },
            }] });
            assert_eq!(answer, expected, "{topology:?}");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_optional_variable_may_be_left_out() {
    let query = "query ($name: String!, $times: Int) { greet(name: $name, times: $times) }";
    let answer = router().await.query_with(query, &json!({ "name": "Ada" })).await;
    assert_eq!(answer, json!({ "data": { "greet": "Hello, Ada!" } }));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_only_a_newer_supergraph_has_is_a_coded_error() {
    let router = TestRouter::with(&Subgraphs::new(), Topology::InMemory, |options| {
        let known = supergraph().replace("  BAD @join__enumValue(graph: EXPENSE)\n", "");
        assert_ne!(known, supergraph());
        options.supergraph = SupergraphSource::Sdl(known);
    })
    .await;
    let answer = router.query("{ mood latest { description } }").await;
    assert_eq!(
        answer["data"],
        json!({ "mood": null, "latest": { "description": "Bread" } })
    );
    assert_eq!(errors(&answer), [("INTERNAL".into(), "null".into())]);
}
