//! The graph's promises, kept by the program that holds everything in one process.

use crate::support::Topology;

const TOPOLOGY: Topology = Topology::OneProcess;

#[path = "graph/mod.rs"]
mod graph;
