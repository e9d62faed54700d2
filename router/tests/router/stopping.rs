use std::time::Duration;

use serde_json::{Value, json};
use tokio::net::TcpStream;

use crate::subgraphs::Subgraphs;
use crate::support::{BOTH, TestRouter, Topology};

/// Waits until the router takes no new connections.
async fn refuses(router: &TestRouter) {
    while TcpStream::connect(router.address).await.is_ok() {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_in_flight_is_answered_before_the_router_ends() {
    for topology in BOTH {
        let subgraphs = Subgraphs::new();
        let router = TestRouter::before(&subgraphs, topology).await;
        let request = router.operation("{ whoWaits me { id } }", &json!({}));
        let asked = tokio::spawn(async move { request.send().await.unwrap().json::<Value>().await.unwrap() });
        subgraphs.gate.wait_for(1).await;
        router.tell_to_stop();
        // New connections are refused once it stops; the one in flight is still there.
        refuses(&router).await;
        subgraphs.gate.let_in(1);
        assert_eq!(
            asked.await.unwrap(),
            json!({ "data": { "whoWaits": null, "me": { "id": "1" } } })
        );
        router.end().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_never_ends_does_not_keep_the_router() {
    let subgraphs = Subgraphs::new();
    let router = TestRouter::with(&subgraphs, Topology::InMemory, |options| {
        options.timeouts.stop = Duration::from_secs(1);
    })
    .await;
    let request = router.operation("{ whoWaits }", &json!({}));
    let asked = tokio::spawn(request.send());
    subgraphs.gate.wait_for(1).await;
    router.tell_to_stop();
    router.end().await;
    assert!(asked.await.unwrap().is_err());
}

#[tokio::test(flavor = "multi_thread")]
async fn an_idle_connection_does_not_keep_the_router() {
    let router = TestRouter::with(&Subgraphs::new(), Topology::InMemory, |options| {
        options.timeouts.stop = Duration::from_mins(10);
    })
    .await;
    // The client keeps its connection open for the next request.
    router.query("{ me { id } }").await;
    router.tell_to_stop();
    router.end().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_nobody_waits_for_any_more_stops() {
    let router = TestRouter::before(&Subgraphs::new(), Topology::InMemory).await;
    router.abandon();
    refuses(&router).await;
}
