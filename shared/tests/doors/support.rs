//! A small subgraph behind the same doors as the real ones.

use std::net::SocketAddr;
use std::sync::Arc;

use async_graphql::{EmptySubscription, Object, Schema, SimpleObject};
use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::get;
use constellation_shared::clock::SystemClock;
use constellation_shared::graphql::{Entities, Limits, endpoint, with_limits};
use constellation_shared::http::{serve, surround};
use constellation_testing::TokenForge;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

pub(crate) struct Query;

#[derive(SimpleObject)]
pub(crate) struct User {
    id: String,
}

#[Object]
impl Query {
    async fn me(&self) -> User {
        User { id: "me".into() }
    }

    async fn tree(&self) -> Tree {
        Tree
    }

    async fn echo(&self, text: async_graphql::Json<Value>) -> async_graphql::Json<Value> {
        text
    }

    #[graphql(entity)]
    async fn find_user(&self, id: String) -> User {
        User { id }
    }
}

pub(crate) struct Tree;

#[Object]
impl Tree {
    async fn tree(&self) -> Tree {
        Tree
    }
    async fn id(&self) -> i32 {
        1
    }
}

pub(crate) struct Mutation;

#[Object]
impl Mutation {
    async fn login(&self) -> bool {
        true
    }
}

pub(crate) fn routes() -> Router {
    let schema = Schema::build(Entities(Query), Mutation, EmptySubscription).enable_federation();
    let schema = with_limits(schema, Limits::default()).finish();
    let verifier = TokenForge::new(1).verifier(Arc::new(SystemClock));
    let late = Router::new().route("/late", get(async || StatusCode::GATEWAY_TIMEOUT));
    surround(endpoint(schema, Arc::new(verifier)).merge(late))
}

pub(crate) async fn start() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(serve(listener, routes(), std::future::pending()));
    address
}

#[derive(Debug)]
pub(crate) struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Value,
}

impl Answer {
    pub(crate) fn code(&self) -> &str {
        self.body["errors"][0]["extensions"]["code"]
            .as_str()
            .unwrap_or_default()
    }

    pub(crate) fn message(&self) -> &str {
        self.body["errors"][0]["message"].as_str().unwrap_or_default()
    }
}

pub(crate) async fn send(request: reqwest::RequestBuilder) -> Answer {
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let text = response.text().await.unwrap();
    let body = serde_json::from_str(&text).unwrap_or(Value::String(text));
    Answer {
        status,
        headers,
        body,
    }
}

pub(crate) async fn post(address: SocketAddr, kind: &str, body: impl Into<reqwest::Body>) -> Answer {
    let request = reqwest::Client::new()
        .post(format!("http://{address}/graphql"))
        .header("content-type", kind)
        .body(body);
    send(request).await
}

pub(crate) async fn ask(address: SocketAddr, query: &str, variables: Value) -> Answer {
    let body = json!({ "query": query, "variables": variables }).to_string();
    post(address, "application/json", body).await
}

/// Everything that the service says after it was sent these bytes, until it closes the connection.
pub(crate) async fn raw(address: SocketAddr, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(bytes).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}
