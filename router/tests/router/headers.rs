use http::HeaderMap;
use serde_json::json;

use crate::subgraphs::Subgraphs;
use crate::support::{BOTH, TestRouter, Topology, forge};

/// What the subgraph got, and the request id that came back, when the request had these headers.
async fn pass(topology: Topology, trust: bool, sent: &[(&str, &str)]) -> (HeaderMap, String) {
    let subgraphs = Subgraphs::new();
    let router = TestRouter::with(&subgraphs, topology, |options| {
        options.trust_forwarded_for = trust;
    })
    .await;
    let mut request = router.operation("{ latest { description } }", &json!({}));
    for (name, value) in sent {
        request = request.header(*name, *value);
    }
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    let id = response.headers()["x-request-id"].to_str().unwrap().to_owned();
    let received = subgraphs.expense.received.lock().unwrap().remove(0);
    (received, id)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_the_device_and_the_request_id_reach_the_subgraph() {
    let bearer = forge().bearer(constellation_shared::id::UserId::from_bytes([1; 16]));
    for topology in BOTH {
        let sent = [
            ("authorization", bearer.as_str()),
            ("user-agent", "Ada's phone"),
            ("x-request-id", "abc-123"),
        ];
        let (received, id) = pass(topology, false, &sent).await;
        for (name, value) in sent {
            assert_eq!(received[name], value, "{topology:?}");
        }
        assert_eq!(id, "abc-123");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_sane_id_gets_one_that_the_client_is_told() {
    let long = "x".repeat(65);
    for unfit in ["", "two words", "tab\tbed", &long] {
        let (received, id) = pass(Topology::InMemory, false, &[("x-request-id", unfit)]).await;
        assert_eq!(received["x-request-id"], id.as_str());
        assert!(id != unfit && id.len() == 32, "{id}");
    }
    let (first, second) = (
        pass(Topology::InMemory, false, &[]).await.1,
        pass(Topology::InMemory, false, &[]).await.1,
    );
    assert_ne!(first, second);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_is_the_connections_own_whatever_the_client_claims() {
    for topology in BOTH {
        let (received, _) = pass(topology, false, &[("x-forwarded-for", "203.0.113.9")]).await;
        assert_eq!(received["x-forwarded-for"], "127.0.0.1");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn behind_a_trusted_proxy_the_addresses_that_it_tells_come_first() {
    let (received, _) = pass(
        Topology::InMemory,
        true,
        &[("x-forwarded-for", "203.0.113.9, 198.51.100.2")],
    )
    .await;
    assert_eq!(
        received["x-forwarded-for"],
        "203.0.113.9, 198.51.100.2, 127.0.0.1"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_else_of_a_client_reaches_a_subgraph() {
    let (received, _) = pass(
        Topology::InMemory,
        false,
        &[("cookie", "session=1"), ("x-admin", "true")],
    )
    .await;
    assert!(received.get("cookie").is_none() && received.get("x-admin").is_none());
}
