use std::time::Duration;

use serde_json::json;

use crate::subgraphs::Subgraphs;
use crate::support::{BOTH, TestRouter, Topology, errors};

const QUERIES: [&str; 8] = [
    "{ me { id displayName total expenses { description } } latest { description } }",
    "{ people { id total } }",
    "{ people { expenses { description } } }",
    r#"{ greet(name: "Ada") latest { description } }"#,
    r#"{ fail(code: "NOT_FOUND") latest { description } }"#,
    "mutation { register(name: \"Ada\") }",
    "{ __schema { queryType { name } } }",
    "{ noSuchField }",
];

#[tokio::test(flavor = "multi_thread")]
async fn both_transports_answer_every_query_byte_for_byte_alike() {
    let subgraphs = Subgraphs::new();
    let in_memory = TestRouter::before(&subgraphs, Topology::InMemory).await;
    let over_http = TestRouter::before(&subgraphs, Topology::Http).await;
    for query in QUERIES {
        let mut answers = Vec::new();
        for router in [&in_memory, &over_http] {
            let response = router.operation(query, &json!({})).send().await.unwrap();
            answers.push((response.status(), response.bytes().await.unwrap()));
        }
        assert_eq!(answers[0], answers[1], "{query}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_federated_query_is_answered_by_both_subgraphs_as_one() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        let answer = router
            .query("{ me { displayName expenses { description } } }")
            .await;
        let expected = json!({ "data": { "me": {
            "displayName": "Person 1",
            "expenses": [{ "description": "Bread of 1" }],
        } } });
        assert_eq!(answer, expected, "{topology:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_gets_the_same_headers_either_way() {
    let mut seen = Vec::new();
    for topology in BOTH {
        let subgraphs = Subgraphs::new();
        let router = TestRouter::before(&subgraphs, topology).await;
        let request = router.operation("{ latest { description } }", &json!({}));
        request
            .header("x-request-id", "the-same")
            .header("user-agent", "a test")
            .send()
            .await
            .unwrap();
        let mut headers = subgraphs.expense.received.lock().unwrap().remove(0);
        // The one was reached through a port, and only what goes over a line may be compressed.
        headers.remove("host").unwrap();
        headers.remove("accept-encoding");
        seen.push(headers);
    }
    assert_eq!(seen[0], seen[1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_panic_in_a_subgraph_costs_its_own_part_of_the_answer() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        let answer = router.query("{ panic me { displayName } }").await;
        assert_eq!(
            answer["data"],
            json!({ "panic": null, "me": { "displayName": "Person 1" } })
        );
        let code = if topology == Topology::InMemory {
            "INTERNAL"
        } else {
            "UNAVAILABLE"
        };
        assert_eq!(errors(&answer), [(code.into(), r#"["panic"]"#.into())]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_that_takes_too_long_is_given_up() {
    for topology in BOTH {
        let subgraphs = Subgraphs::new();
        let router = TestRouter::with(&subgraphs, topology, |options| {
            options.timeouts.subgraph = Duration::from_millis(300);
        })
        .await;
        let answer = router.query("{ whoWaits me { displayName } }").await;
        assert_eq!(answer["data"]["me"]["displayName"], "Person 1", "{topology:?}");
        assert_eq!(
            errors(&answer),
            [("UNAVAILABLE".into(), r#"["whoWaits"]"#.into())],
            "{topology:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_takes_too_long_is_given_up() {
    let router = TestRouter::with(&Subgraphs::new(), Topology::InMemory, |options| {
        options.timeouts.request = Duration::from_millis(300);
    })
    .await;
    let answer = router.query("{ whoWaits }").await;
    assert_eq!(errors(&answer), [("UNAVAILABLE".into(), "null".into())]);
}
