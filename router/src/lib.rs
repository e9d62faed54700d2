// Hive Router's web server nests its middlewares as types, deeper than the compiler follows by default. The same line
// is needed in every program that runs the router.
#![recursion_limit = "256"]
//! The graph's one door: Hive Router, embedded, with what this graph adds to it.
//!
//! | module | what it holds |
//! |---|---|
//! | [`options`] | what a program says to run a router |
//! | `server` | the web server's life: listen, serve, stop gracefully |
//! | `supergraph` | reading the supergraph, and following its file |
//! | `hive` | Hive Router's own configuration and state |
//! | `plugin` | what happens inside Hive's pipeline: the token check, calls in memory, error codes |
//! | `doors` | where subgraphs that are called in memory are asked for their subscriptions |
//! | `bounds` | what a request may weigh, before Hive reads it |
//! | `errors` | every error that leaves: its code, its message, its path |
//! | `live` | subscriptions: streams of events, and the WebSocket |
//! | `edge` | around every request: its id, its log line, the client's address, the pages that are not the graph |
//! | [`graphiql`] | GraphiQL without the internet: fetched once, cached, served from here |
//! | [`settings`] | the `constellation-router` program's command line and environment |
//!
//! Invariants: no business rule lives here. The router passes the `Authorization` header on and never what it read in
//! it: every subgraph verifies for itself. Nothing that Hive Router says of itself reaches a client untranslated.
//!
//! Two runtimes: Hive's web server runs its workers on single-threaded runtimes of its own; everything of ours, the
//! subgraphs above all, runs on the multi-threaded runtime that called [`run`].

mod bounds;
mod doors;
mod edge;
mod errors;
pub mod graphiql;
mod hive;
mod live;
pub mod options;
mod plugin;
mod server;
pub mod settings;
mod supergraph;

pub use options::{Limits, RouterOptions, SubgraphTransport, SupergraphSource, Timeouts};
pub use server::{RouterError, run};
pub use settings::main;
pub use supergraph::SupergraphError;
