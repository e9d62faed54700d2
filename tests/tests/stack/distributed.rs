//! The same promises, from the same source, kept by a router and subgraphs that are processes of their own.

use crate::support::Topology;

const TOPOLOGY: Topology = Topology::Distributed;

#[path = "graph/mod.rs"]
#[expect(clippy::duplicate_mod, reason = "one source, proven in both topologies")]
mod graph;
