//! What a program says to run a router.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use constellation_shared::auth::TokenVerifier;
use constellation_shared::graphql::LONGEST_TEXT;
use url::Url;

use crate::graphiql::Graphiql;

/// How a router runs.
pub struct RouterOptions {
    /// The composed schema of all subgraphs.
    pub supergraph: SupergraphSource,
    /// How each subgraph is reached, by its name in the supergraph. One that is not named here is reached over HTTP at
    /// the URL in the supergraph.
    pub subgraphs: HashMap<String, SubgraphTransport>,
    /// Verifies the access token of every request; the same verifier that the subgraphs use.
    pub verifier: Arc<TokenVerifier>,
    /// GraphiQL at `/graphiql`; `None` switches it off.
    pub graphiql: Option<Graphiql>,
    /// Whether clients may ask for the schema.
    pub introspection: bool,
    /// The origins whose web pages may call the graph from a browser, such as `https://app.example.org`. Pages that the
    /// router serves itself need no entry.
    pub cors_origins: Vec<String>,
    /// Whether the `X-Forwarded-For` of a request is believed and passed on with the sender's address appended. Only
    /// behind a reverse proxy that sets it; otherwise anybody could claim any address, so it is replaced.
    pub trust_forwarded_for: bool,
    /// How much one request may ask.
    pub limits: Limits,
    /// How long things may take.
    pub timeouts: Timeouts,
}

impl RouterOptions {
    /// A router with every safe default: subgraphs over HTTP, introspection and GraphiQL off, no foreign origins.
    #[must_use]
    pub fn new(supergraph: SupergraphSource, verifier: Arc<TokenVerifier>) -> Self {
        Self {
            supergraph,
            subgraphs: HashMap::new(),
            verifier,
            graphiql: None,
            introspection: false,
            cors_origins: Vec::new(),
            trust_forwarded_for: false,
            limits: Limits::default(),
            timeouts: Timeouts::default(),
        }
    }
}

/// Where the supergraph comes from.
#[derive(Debug, Clone)]
pub enum SupergraphSource {
    /// Its text.
    Sdl(String),
    /// A file with its text. When the file changes, the router takes the new supergraph up without a restart; one that
    /// cannot be used is logged and the present one stays.
    File(PathBuf),
}

/// How the router reaches one subgraph.
pub enum SubgraphTransport {
    /// By calling its service inside this process, with no socket between. Requests and responses are the same, header
    /// for header, as over HTTP.
    InMemory(axum::Router),
    /// Over HTTP at this URL, whatever the supergraph says.
    Http(Url),
}

/// How much one request may ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// How deep fields may be nested.
    pub depth: usize,
    /// How many aliases the document may have.
    pub aliases: usize,
    /// How many directives the document may have.
    pub directives: usize,
    /// How many tokens (names, numbers, brackets, ...) the document may have.
    pub tokens: usize,
    /// How long the request's body may be, in bytes.
    pub body: usize,
}

impl Default for Limits {
    // Generous for what a person writes and a code generator emits; a document built to make work does not pass.
    fn default() -> Self {
        Self {
            depth: 15,
            aliases: 100,
            directives: 100,
            tokens: 10_000,
            body: LONGEST_TEXT,
        }
    }
}

/// How long things may take.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timeouts {
    /// One request of a client, everything included.
    pub request: Duration,
    /// One call of a subgraph.
    pub subgraph: Duration,
    /// From being told to stop until requests in flight are given up.
    pub stop: Duration,
}

impl Default for Timeouts {
    fn default() -> Self {
        Self {
            request: Duration::from_secs(30),
            // Less than a whole request, so that one slow subgraph costs its own part of the answer and not all of it.
            subgraph: Duration::from_secs(20),
            stop: Duration::from_secs(10),
        }
    }
}
