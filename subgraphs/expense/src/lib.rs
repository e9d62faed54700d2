//! The expense subgraph.

#![expect(unused, reason = "being written")]
mod domain;
