use axum::Router;
use axum::http::StatusCode;
use constellation_router::SubgraphTransport;
use serde_json::{Value, json};

use crate::subgraphs::Subgraphs;
use crate::support::{BOTH, TestRouter, Topology, errors, options, transports};

/// A router whose expense subgraph is down, in each of the ways that it can be.
async fn without_expense() -> Vec<TestRouter> {
    let auth = || Subgraphs::new().auth.service;
    let mut routers = Vec::new();
    for topology in BOTH {
        let down = Router::new().fallback(async || (StatusCode::BAD_GATEWAY, "<html>bad gateway</html>"));
        let mut options = options();
        options.subgraphs = transports(topology, [("auth", auth()), ("expense", down)]).await;
        routers.push(TestRouter::start(options).await);
    }
    let mut options = options();
    options.subgraphs = transports(Topology::Http, [("auth", auth())]).await;
    // Nothing listens on this port: it was free a moment ago, and is not in the range that is given out.
    let nowhere = "http://127.0.0.1:9/graphql".parse().unwrap();
    options
        .subgraphs
        .insert("expense".into(), SubgraphTransport::Http(nowhere));
    routers.push(TestRouter::start(options).await);
    routers
}

async fn every(query: &str) -> (Value, Vec<(String, String)>) {
    let mut answers = Vec::new();
    for router in without_expense().await {
        let answer = router.query(query).await;
        let text = answer.to_string();
        for internal in [
            "DOWNSTREAM",
            "SUBREQUEST",
            "SUBGRAPH",
            "subgraph",
            "\"service\"",
            "127.0.0.1",
            "html",
            "_entities",
        ] {
            assert!(!text.contains(internal), "{internal}: {text}");
        }
        answers.push((answer["data"].clone(), errors(&answer)));
    }
    assert!(answers.windows(2).all(|pair| pair[0] == pair[1]), "{answers:?}");
    answers.remove(0)
}

fn unavailable<const N: usize>(paths: [Value; N]) -> Vec<(String, String)> {
    paths
        .map(|path| ("UNAVAILABLE".to_owned(), path.to_string()))
        .to_vec()
}

#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_need_the_missing_subgraph_is_answered() {
    let (data, errors) = every("{ me { id displayName } }").await;
    assert_eq!(data, json!({ "me": { "id": "1", "displayName": "Person 1" } }));
    assert_eq!(errors, []);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_field_is_an_error_with_its_path() {
    let (data, errors) = every("{ me { displayName spent: total } }").await;
    assert_eq!(
        data,
        json!({ "me": { "displayName": "Person 1", "spent": null } })
    );
    assert_eq!(errors, unavailable([json!(["me", "spent"])]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_root_field_is_an_error_with_its_path_beside_the_others_data() {
    let (data, errors) = every("{ me { id } latest { description } last: latest { description } }").await;
    assert_eq!(data, json!({ "me": { "id": "1" }, "latest": null, "last": null }));
    assert_eq!(errors, unavailable([json!(["last"]), json!(["latest"])]));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_field_that_may_not_be_null_takes_what_is_around_it() {
    let (data, errors) = every("{ me { displayName expenses { description } } }").await;
    assert_eq!(data, json!({ "me": null }));
    assert_eq!(errors, unavailable([json!(["me", "expenses"])]));
}

#[tokio::test(flavor = "multi_thread")]
async fn every_item_of_a_list_says_what_it_misses() {
    let (data, errors) = every("{ people { id total } }").await;
    assert_eq!(data["people"][2], json!({ "id": "3", "total": null }));
    assert_eq!(
        errors,
        unavailable([0, 1, 2].map(|index| json!(["people", index, "total"])))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_field_that_was_not_asked_for_is_not_missed() {
    let query = "query ($yes: Boolean = true) { me { id total @skip(if: $yes) } }";
    let (data, errors) = every(query).await;
    assert_eq!((data, errors), (json!({ "me": { "id": "1" } }), vec![]));
}

#[tokio::test(flavor = "multi_thread")]
async fn one_refused_entity_leaves_its_neighbours() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        let answer = router.query("{ people { id total } }").await;
        assert_eq!(
            answer["data"]["people"],
            json!([{ "id": "1", "total": 100 }, { "id": "2", "total": null }, { "id": "3", "total": 100 }])
        );
        assert_eq!(
            errors(&answer),
            [("FORBIDDEN".into(), json!(["people", 1, "total"]).to_string())]
        );
        assert_eq!(answer["errors"][0]["message"], "This is not yours to see.");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_subgraph_that_refuses_the_whole_request_is_heard_once_for_every_field() {
    for topology in BOTH {
        let body = r#"{"errors":[{"message":"Expired.","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
        let refusing = Router::new().fallback(async move || {
            (
                StatusCode::UNAUTHORIZED,
                [("content-type", "application/json")],
                body,
            )
        });
        let mut options = options();
        let auth = Subgraphs::new().auth.service;
        options.subgraphs = transports(topology, [("auth", auth), ("expense", refusing)]).await;
        let answer = TestRouter::start(options)
            .await
            .query("{ me { id total } }")
            .await;
        assert_eq!(answer["data"], json!({ "me": { "id": "1", "total": null } }));
        assert_eq!(
            errors(&answer),
            [("UNAUTHENTICATED".into(), json!(["me", "total"]).to_string())],
            "{topology:?}"
        );
        assert_eq!(answer["errors"][0]["message"], "Expired.");
    }
}
