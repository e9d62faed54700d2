//! Subscriptions: as events over HTTP, and over WebSocket, which must say the same.

use std::time::Duration;

use constellation_shared::id::UserId;
use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use crate::subgraphs::Subgraphs;
use crate::support::{BOTH, TestRouter, Topology, forge};

const SPENDING: &str = "subscription($people: [ID!]!, $fail: String) { spending(people: $people, fail: $fail) { id displayName } }";

fn bearer() -> String {
    forge().bearer(UserId::from_bytes([1; 16]))
}

/// What a stream says, event by event, until it is over.
async fn events(router: &TestRouter, query: &str, variables: &Value) -> Vec<(String, Value)> {
    let response = router
        .operation(query, variables)
        .header("accept", "text/event-stream")
        .header("accept-encoding", "gzip")
        .header("authorization", bearer())
        .send()
        .await
        .unwrap();
    assert_eq!(response.headers()["content-type"], "text/event-stream");
    assert!(response.headers().contains_key("x-request-id"));
    read(&response.text().await.unwrap())
}

fn read(text: &str) -> Vec<(String, Value)> {
    let events = text
        .split_terminator("\n\n")
        .filter(|event| event.starts_with("event:"));
    let event = |event: &str| {
        let (name, data) = event.split_once('\n').unwrap();
        let data = data.strip_prefix("data:").unwrap();
        let name = name.strip_prefix("event: ").unwrap().to_owned();
        (name, serde_json::from_str(data).unwrap_or_default())
    };
    events.map(event).collect()
}

type Connection = WebSocketStream<MaybeTlsStream<TcpStream>>;

async fn connect(
    router: &TestRouter,
    change: impl FnOnce(&mut http::HeaderMap),
) -> Result<Connection, Error> {
    let mut request = format!("ws://{}/graphql", router.address)
        .into_client_request()
        .unwrap();
    let headers = request.headers_mut();
    headers.insert("sec-websocket-protocol", "graphql-transport-ws".parse().unwrap());
    change(headers);
    Ok(connect_async(request).await?.0)
}

async fn say(connection: &mut Connection, message: Value) {
    connection.send(Message::text(message.to_string())).await.unwrap();
}

/// Only what is never said takes as long as this.
const DEADLINE: Duration = Duration::from_mins(1);

/// The next message; a close is its code.
async fn hear(connection: &mut Connection) -> Value {
    loop {
        let next = timeout(DEADLINE, connection.next()).await;
        match next.expect("nothing was said for a minute").unwrap().unwrap() {
            Message::Text(text) => return serde_json::from_str(&text).unwrap(),
            Message::Close(frame) => return json!(u16::from(frame.unwrap().code)),
            _ => {}
        }
    }
}

async fn welcomed(router: &TestRouter) -> Connection {
    let mut connection = connect(router, |_| {}).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "Authorization": bearer() } });
    say(&mut connection, init).await;
    assert_eq!(hear(&mut connection).await, json!({ "type": "connection_ack" }));
    connection
}

fn subscribe(id: &str, query: &str, variables: &Value) -> Value {
    json!({ "id": id, "type": "subscribe", "payload": { "query": query, "variables": variables } })
}

fn person(id: &str) -> Value {
    json!({ "data": { "spending": { "id": id, "displayName": format!("Person {id}") } } })
}

#[tokio::test(flavor = "multi_thread")]
async fn events_are_joined_from_both_subgraphs() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        let said = events(&router, SPENDING, &json!({ "people": ["1", "3"] })).await;
        let expected = [
            ("next".to_owned(), person("1")),
            ("next".to_owned(), person("3")),
            ("complete".to_owned(), Value::Null),
        ];
        assert_eq!(said, expected, "{topology:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_websocket_says_what_a_stream_says() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        let mut connection = welcomed(&router).await;
        say(
            &mut connection,
            subscribe("a", SPENDING, &json!({ "people": ["1", "3"] })),
        )
        .await;
        for id in ["1", "3"] {
            let expected = json!({ "id": "a", "type": "next", "payload": person(id) });
            assert_eq!(hear(&mut connection).await, expected, "{topology:?}");
        }
        assert_eq!(
            hear(&mut connection).await,
            json!({ "id": "a", "type": "complete" })
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_error_in_a_stream_has_a_code_of_ours_and_tells_nothing_else() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        for (fail, code, message) in [
            ("NOT_FOUND", "NOT_FOUND", "What the subgraph says."),
            ("E11000", "INTERNAL", "Something went wrong"),
        ] {
            let said = events(&router, SPENDING, &json!({ "people": [], "fail": fail })).await;
            let error = &said[0].1["errors"][0];
            assert_eq!(error["extensions"]["code"], code, "{topology:?}");
            assert!(error["message"].as_str().unwrap().starts_with(message), "{error}");
            assert!(!said[0].1.to_string().contains("expense"), "{said:?}");
            assert_eq!(said[1].0, "complete");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bad_token_gets_no_stream() {
    let router = TestRouter::before(&Subgraphs::new(), Topology::InMemory).await;
    let response = router
        .operation("subscription { gated(more: 0) }", &json!({}))
        .header("accept", "text/event-stream")
        .header("authorization", "Bearer nonsense")
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), 401);

    let mut connection = connect(&router, |_| {}).await.unwrap();
    let init = json!({ "type": "connection_init", "payload": { "Authorization": "Bearer nonsense" } });
    say(&mut connection, init).await;
    assert_eq!(hear(&mut connection).await, 4403);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_that_only_a_subgraph_knows_to_be_over_closes_the_websocket() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        let refused = json!({ "people": [], "fail": "UNAUTHENTICATED" });
        let mut connection = welcomed(&router).await;
        say(&mut connection, subscribe("a", SPENDING, &refused)).await;
        assert_eq!(hear(&mut connection).await["type"], "error", "{topology:?}");
        assert_eq!(hear(&mut connection).await, 4403, "{topology:?}");

        // Who has no token is told to sign in, and may go on with what needs none.
        let mut nobody = connect(&router, |_| {}).await.unwrap();
        say(&mut nobody, json!({ "type": "connection_init" })).await;
        assert_eq!(hear(&mut nobody).await, json!({ "type": "connection_ack" }));
        say(&mut nobody, subscribe("a", SPENDING, &refused)).await;
        assert_eq!(hear(&mut nobody).await["type"], "error", "{topology:?}");
        say(&mut nobody, subscribe("b", SPENDING, &json!({ "people": ["1"] }))).await;
        assert_eq!(hear(&mut nobody).await["payload"], person("1"), "{topology:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bounds_of_a_document_hold_for_subscriptions() {
    let router = TestRouter::before(&Subgraphs::new(), Topology::InMemory).await;
    let deep = format!("subscription {{ spending(people: []) {}", "{ a ".repeat(40));
    let mut connection = welcomed(&router).await;
    for (id, query) in [
        ("1", deep.as_str()),
        ("2", "subscription { nothing }"),
        ("3", "{ latest { description } }"),
    ] {
        say(&mut connection, subscribe(id, query, &json!({}))).await;
        let answer = hear(&mut connection).await;
        assert_eq!((&answer["id"], &answer["type"]), (&json!(id), &json!("error")));
        assert_eq!(
            answer["payload"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{answer}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_client_does_wrong_closes_its_websocket_with_the_protocols_code() {
    let router = TestRouter::before(&Subgraphs::new(), Topology::InMemory).await;
    let operation = subscribe("a", "subscription { gated(more: 1) }", &json!({}));
    let mut unknown = connect(&router, |_| {}).await.unwrap();
    say(&mut unknown, operation.clone()).await;
    assert_eq!(hear(&mut unknown).await, 4401);

    let mut twice = welcomed(&router).await;
    say(&mut twice, json!({ "type": "connection_init" })).await;
    assert_eq!(hear(&mut twice).await, 4429);

    let mut double = welcomed(&router).await;
    say(&mut double, operation.clone()).await;
    assert_eq!(hear(&mut double).await["payload"]["data"]["gated"], 0);
    say(&mut double, operation).await;
    assert_eq!(hear(&mut double).await, 4409);

    let mut babbling = welcomed(&router).await;
    say(&mut babbling, json!({ "type": "hello" })).await;
    assert_eq!(hear(&mut babbling).await, 4400);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_foreign_page_opens_no_websocket() {
    let router = TestRouter::before(&Subgraphs::new(), Topology::InMemory).await;
    let foreign = connect(&router, |headers| {
        headers.insert("origin", "https://evil.example".parse().unwrap());
    });
    let Err(Error::Http(refusal)) = foreign.await else {
        panic!("it was let in");
    };
    assert_eq!(refusal.status(), 403);
    let own = format!("http://{}", router.address);
    let own = connect(&router, |headers| {
        headers.insert("origin", own.parse().unwrap());
    });
    assert!(own.await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_client_that_does_not_read_is_told_that_it_is_too_slow() {
    let subgraphs = Subgraphs::new();
    let router = TestRouter::before(&subgraphs, Topology::Http).await;
    let response = router
        .operation("subscription { gated(more: 2000000) }", &json!({}))
        .header("accept", "text/event-stream")
        .header("authorization", bearer())
        .send()
        .await
        .unwrap();
    // It is not read until the whole flood has gone by: what is not kept for it cannot fill memory.
    subgraphs.gate.wait_for(1).await;
    subgraphs.gate.let_in(1);
    subgraphs.gate.left().await;
    let said = read(&response.text().await.unwrap());
    let (last, word) = (&said[said.len() - 1], &said[said.len() - 2]);
    assert_eq!(last.0, "complete");
    assert_eq!(word.1["errors"][0]["extensions"]["code"], "UNAVAILABLE");
    // Up to there nothing was left out.
    for (number, (_, event)) in said[..said.len() - 2].iter().enumerate() {
        assert_eq!(event["data"]["gated"], number);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_stops_ends_its_streams() {
    for topology in BOTH {
        let router = TestRouter::before(&Subgraphs::new(), topology).await;
        let response = router
            .operation("subscription { gated(more: 1) }", &json!({}))
            .header("accept", "text/event-stream")
            .header("authorization", bearer())
            .send()
            .await
            .unwrap();
        let mut connection = welcomed(&router).await;
        router.tell_to_stop();
        let said = read(&response.text().await.unwrap());
        assert_eq!(
            said[said.len() - 2].1["errors"][0]["extensions"]["code"],
            "UNAVAILABLE"
        );
        assert_eq!(hear(&mut connection).await, 1012);
        router.end().await;
    }
}
