//! A router for one test, and a client of it.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, LazyLock};

use axum::Router;
use constellation_router::{RouterError, RouterOptions, SubgraphTransport, SupergraphSource, run};
use constellation_shared::clock::SystemClock;
use constellation_shared::program::Stop;
use constellation_testing::TokenForge;
use reqwest::{RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;
use url::Url;

use crate::subgraphs::{Subgraphs, supergraph};

static SUPERGRAPH: LazyLock<String> = LazyLock::new(supergraph);

/// How the router of a test reaches its subgraphs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topology {
    InMemory,
    Http,
}

pub(crate) const BOTH: [Topology; 2] = [Topology::InMemory, Topology::Http];

/// A running router.
pub(crate) struct TestRouter {
    pub(crate) address: SocketAddr,
    pub(crate) client: reqwest::Client,
    stop: watch::Sender<bool>,
    ended: JoinHandle<Result<(), RouterError>>,
}

pub(crate) fn forge() -> TokenForge {
    TokenForge::new(1)
}

pub(crate) fn options() -> RouterOptions {
    let verifier = Arc::new(forge().verifier(Arc::new(SystemClock)));
    RouterOptions {
        introspection: true,
        ..RouterOptions::new(SupergraphSource::Sdl(SUPERGRAPH.clone()), verifier)
    }
}

/// The way to each of these services.
pub(crate) async fn transports<const N: usize>(
    topology: Topology,
    services: [(&str, Router); N],
) -> HashMap<String, SubgraphTransport> {
    let mut transports = HashMap::new();
    for (name, service) in services {
        let transport = match topology {
            Topology::InMemory => SubgraphTransport::InMemory(service),
            Topology::Http => SubgraphTransport::Http(serve(service).await),
        };
        transports.insert(name.to_owned(), transport);
    }
    transports
}

/// Serves over HTTP for as long as the test runs.
async fn serve(service: Router) -> Url {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/graphql", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, service).await });
    url.parse().unwrap()
}

impl TestRouter {
    /// A router in front of these subgraphs.
    pub(crate) async fn before(subgraphs: &Subgraphs, topology: Topology) -> Self {
        Self::with(subgraphs, topology, |_| {}).await
    }

    /// The same, with other options.
    pub(crate) async fn with(
        subgraphs: &Subgraphs,
        topology: Topology,
        change: impl FnOnce(&mut RouterOptions),
    ) -> Self {
        let services = [
            ("auth", subgraphs.auth.service.clone()),
            ("expense", subgraphs.expense.service.clone()),
        ];
        let mut options = options();
        options.subgraphs = transports(topology, services).await;
        change(&mut options);
        Self::start(options).await
    }

    pub(crate) async fn start(options: RouterOptions) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (stop, stopped) = Stop::channel();
        let (ready, is_ready) = oneshot::channel();
        let ended = tokio::spawn(run(listener, options, stopped.requested(), |address| {
            let _ = ready.send(address);
        }));
        let Ok(address) = is_ready.await else {
            panic!("the router did not start: {:?}", ended.await);
        };
        let redirects = reqwest::redirect::Policy::none();
        let client = reqwest::Client::builder().redirect(redirects).build().unwrap();
        Self {
            address,
            client,
            stop,
            ended,
        }
    }

    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    pub(crate) fn get(&self, path: &str) -> RequestBuilder {
        self.client.get(self.url(path))
    }

    /// An operation, not yet sent.
    pub(crate) fn operation(&self, query: &str, variables: &Value) -> RequestBuilder {
        self.client
            .post(self.url("/graphql"))
            .json(&json!({ "query": query, "variables": variables }))
    }

    pub(crate) async fn query(&self, query: &str) -> Value {
        self.query_with(query, &json!({})).await
    }

    pub(crate) async fn query_with(&self, query: &str, variables: &Value) -> Value {
        self.operation(query, variables)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    /// Tells the router to stop, without waiting for it.
    pub(crate) fn tell_to_stop(&self) {
        self.stop.send_replace(true);
    }

    /// Gives the router up without telling it.
    pub(crate) fn abandon(&self) {
        self.ended.abort();
    }

    /// Waits until the router has ended.
    pub(crate) async fn end(self) {
        self.ended.await.unwrap().unwrap();
    }
}

/// The answer's status and its JSON.
pub(crate) async fn read(response: Response) -> (StatusCode, Value) {
    (response.status(), response.json().await.unwrap())
}

/// The code and path of every error of an answer, in the order of their paths.
pub(crate) fn errors(answer: &Value) -> Vec<(String, String)> {
    let mut errors: Vec<_> = answer["errors"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|error| {
            let code = error["extensions"]["code"]
                .as_str()
                .unwrap_or("(none)")
                .to_owned();
            (code, error["path"].to_string())
        })
        .collect();
    errors.sort();
    errors
}
