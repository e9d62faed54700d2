use constellation_shared::id::UserId;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::subgraphs::Subgraphs;
use crate::support::{BOTH, TestRouter, Topology, forge, read};

fn ada() -> UserId {
    UserId::from_bytes([1; 16])
}

#[tokio::test(flavor = "multi_thread")]
async fn every_bad_token_is_refused_before_any_subgraph_is_asked() {
    let subgraphs = Subgraphs::new();
    let router = TestRouter::before(&subgraphs, Topology::InMemory).await;
    for (name, header) in forge().bad_headers(ada()) {
        let request = router.operation("{ me { id } latest { description } }", &json!({}));
        let response = request.header("authorization", header).send().await.unwrap();
        let headers = response.headers().clone();
        let (status, body) = read(response).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{name}");
        assert_eq!(
            headers["www-authenticate"], r#"Bearer error="invalid_token""#,
            "{name}"
        );
        assert_eq!(headers["content-type"], "application/json", "{name}");
        let message = body["errors"][0]["message"].clone();
        let expected =
            json!({ "errors": [{ "message": message, "extensions": { "code": "UNAUTHENTICATED" } }] });
        assert_eq!(body, expected, "{name}");
    }
    assert!(subgraphs.auth.received.lock().unwrap().is_empty());
    assert!(subgraphs.expense.received.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_with_two_authorization_headers_is_refused_before_any_subgraph_is_asked() {
    let subgraphs = Subgraphs::new();
    let router = TestRouter::before(&subgraphs, Topology::InMemory).await;
    let (ada, bo) = (forge().bearer(ada()), forge().bearer(UserId::from_bytes([2; 16])));
    // Which of them a subgraph would take is nobody's guess.
    for second in [&bo, &ada, "Basic eDp5"] {
        let request = router.operation("{ me { id } }", &json!({}));
        let request = request
            .header("authorization", &ada)
            .header("authorization", second);
        let (status, body) = read(request.send().await.unwrap()).await;
        assert_eq!(status, StatusCode::UNAUTHORIZED, "{second}");
        assert_eq!(
            body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "{second}"
        );
    }
    assert!(subgraphs.auth.received.lock().unwrap().is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refusal_has_the_media_type_in_which_the_client_reads_errors_of_every_status() {
    let router = TestRouter::before(&Subgraphs::new(), Topology::InMemory).await;
    let kind = "application/graphql-response+json";
    let request = router.operation("{ me { id } }", &json!({}));
    let response = request
        .header("authorization", "Bearer nonsense")
        .header("accept", format!("{kind}, application/json;q=0.9"))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(response.headers()["content-type"], kind);
}

#[tokio::test(flavor = "multi_thread")]
async fn no_cache_keeps_an_answer() {
    let router = TestRouter::before(&Subgraphs::new(), Topology::InMemory).await;
    for authorization in [forge().bearer(ada()), "Bearer nonsense".to_owned()] {
        let request = router.operation("{ me { id } }", &json!({}));
        let response = request
            .header("authorization", authorization)
            .send()
            .await
            .unwrap();
        assert_eq!(response.headers()["cache-control"], "no-store");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_is_refused_also_on_a_document_that_is_no_graphql() {
    let router = TestRouter::before(&Subgraphs::new(), Topology::InMemory).await;
    let request = router.operation("this is not GraphQL", &json!({}));
    let response = request
        .header("authorization", "Bearer nonsense")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::UNAUTHORIZED);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_good_token_and_no_token_both_pass() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        let operation = || router.operation("{ me { id } }", &json!({}));
        let signed_in = operation()
            .header("authorization", forge().bearer(ada()))
            .send()
            .await
            .unwrap();
        let anonymous = operation().send().await.unwrap();
        for response in [signed_in, anonymous] {
            assert_eq!(
                read(response).await,
                (StatusCode::OK, json!({ "data": { "me": { "id": "1" } } }))
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_people_who_ask_the_same_at_the_same_moment_each_get_their_own_answer() {
    for topology in BOTH {
        let subgraphs = Subgraphs::new();
        let router = TestRouter::before(&subgraphs, topology).await;
        let people = [1, 2, 2, 3].map(|person| forge().bearer(UserId::from_bytes([person; 16])));
        let asked: Vec<_> = people
            .iter()
            .map(|person| {
                let request = router.operation("{ whoWaits }", &json!({}));
                // The same id for all, so that only the token tells them apart.
                let request = request
                    .header("authorization", person)
                    .header("x-request-id", "one");
                tokio::spawn(async move { request.send().await.unwrap().json::<Value>().await.unwrap() })
            })
            .collect();
        // All of them stand in the subgraph at once: none was answered with another's answer.
        subgraphs.gate.wait_for(4).await;
        subgraphs.gate.let_in(4);
        for (asked, person) in asked.into_iter().zip(&people) {
            assert_eq!(
                asked.await.unwrap(),
                json!({ "data": { "whoWaits": person } }),
                "{topology:?}"
            );
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_an_allowed_origin_can_read_why_its_token_was_refused() {
    let router = TestRouter::with(&Subgraphs::new(), Topology::InMemory, |options| {
        options.cors_origins = vec!["https://app.example.org".into()];
    })
    .await;
    let ask = |origin: &'static str| {
        let request = router.operation("{ me { id } }", &json!({}));
        request
            .header("origin", origin)
            .header("authorization", "Bearer nonsense")
            .send()
    };
    let allowed = ask("https://app.example.org").await.unwrap();
    assert_eq!(allowed.status(), StatusCode::UNAUTHORIZED);
    assert_eq!(
        allowed.headers()["access-control-allow-origin"],
        "https://app.example.org"
    );
    let other = ask("https://elsewhere.example").await.unwrap();
    assert_eq!(other.headers().get("access-control-allow-origin"), None);
}
