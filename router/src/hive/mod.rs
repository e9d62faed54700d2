//! Hive Router's own configuration and state.

mod config;
mod introspection_rule;
mod state;

pub(crate) use config::{config, supergraph_options};
pub(crate) use state::{HiveState, start};

/// Where the graph is.
pub(crate) const GRAPHQL_PATH: &str = "/graphql";
