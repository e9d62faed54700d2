//! The router as its clients and its subgraphs see it: a real one, over real HTTP, in front of two small subgraphs.
#![recursion_limit = "256"]
#![expect(
    clippy::unused_async,
    reason = "a resolver is asynchronous, whether it waits or not"
)]
#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod cookies;
mod errors;
mod headers;
mod hostile;
mod live;
mod pages;
mod partial_failure;
mod program;
mod stopping;
mod subgraphs;
mod support;
mod tokens;
mod transports;
