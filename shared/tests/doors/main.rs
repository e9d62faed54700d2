//! What a hostile client meets at the door of a subgraph, over real HTTP.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on has failed")]

mod bodies;
mod connections;
mod documents;
mod entities;
mod logs;
mod support;
