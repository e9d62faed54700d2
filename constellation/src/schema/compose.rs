use std::path::PathBuf;

use federation_composition::{ServiceDefinition, compose_services, graphql_core};

use super::SupergraphConfig;
use crate::subgraphs::SUBGRAPHS;

/// Why there is no graph, or why its files are not as they should be.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SchemaError {
    #[error("{path} cannot be read", path = path.display())]
    Read { path: PathBuf, source: std::io::Error },
    #[error("{path} cannot be written", path = path.display())]
    Write { path: PathBuf, source: std::io::Error },
    #[error("the list of subgraphs is not a supergraph.yaml as Rover reads it")]
    Config(#[source] serde_yaml_ng::Error),
    #[error(
        "supergraph.yaml names the subgraph `{0}`, which this program does not carry (constellation/src/subgraphs.rs)"
    )]
    NotCarried(String),
    #[error("this program carries the subgraph `{0}`, which supergraph.yaml does not name")]
    NotNamed(&'static str),
    #[error("the schema of subgraph `{name}` is not GraphQL: {reason}")]
    Unparsable { name: String, reason: String },
    #[error("the subgraphs do not compose:\n{0}")]
    Composition(String),
    #[error("not what the code says: {0}\nRun `cargo run -- schema` and commit what it writes.")]
    Drift(String),
}

/// A graph made of subgraphs.
#[derive(Debug)]
pub(crate) struct Composed {
    /// Each subgraph's own schema, by name.
    pub(crate) subgraphs: Vec<(String, String)>,
    /// The schema for the router.
    pub(crate) supergraph: String,
    /// The schema that clients see.
    pub(crate) api: String,
}

/// Composes the subgraphs as their code has them now.
pub(crate) fn compose(config: &SupergraphConfig) -> Result<Composed, SchemaError> {
    if let Some(forgotten) = SUBGRAPHS
        .iter()
        .find(|subgraph| !config.subgraphs.contains_key(subgraph.name))
    {
        return Err(SchemaError::NotNamed(forgotten.name));
    }
    let mut subgraphs = Vec::new();
    let mut services = Vec::new();
    for (name, subgraph) in &config.subgraphs {
        let carried = SUBGRAPHS.iter().find(|carried| carried.name == name);
        let sdl = carried
            .map(|carried| (carried.sdl)())
            .ok_or_else(|| SchemaError::NotCarried(name.clone()))?;
        let document = graphql_core::parse(&sdl).map_err(|error| SchemaError::Unparsable {
            name: name.clone(),
            reason: error.to_string(),
        })?;
        services.push(ServiceDefinition::new(name, document).with_url(&subgraph.routing_url));
        subgraphs.push((name.clone(), sdl));
    }
    let failed = |error: &dyn std::fmt::Display| SchemaError::Composition(error.to_string());
    let composed = compose_services(&services)
        .map_err(|error| failed(&error))?
        .into_result()
        .map_err(|failure| failed(&failure))?;
    let api = composed.public_sdl().map_err(|error| failed(&error))?.to_owned();
    Ok(Composed {
        subgraphs,
        supergraph: composed.supergraph_sdl().to_owned(),
        api,
    })
}

#[cfg(test)]
mod tests {
    use super::super::BUILT_IN;
    use super::*;

    #[test]
    fn the_subgraphs_compose_into_one_graph() {
        let composed = compose(&SupergraphConfig::parse(BUILT_IN).unwrap()).unwrap();
        assert!(composed.supergraph.contains("join__graph"));
        assert!(!composed.api.contains("join__"));
    }

    #[test]
    fn a_subgraph_that_is_only_named_or_only_carried_is_told() {
        let named = BUILT_IN.replace("  auth:", "  calendar:");
        let error = compose(&SupergraphConfig::parse(&named).unwrap()).unwrap_err();
        assert!(matches!(error, SchemaError::NotNamed("auth")), "{error}");
        let more =
            format!("{BUILT_IN}  zoo:\n    routing_url: http://127.0.0.1:1/\n    schema: {{ file: x }}\n");
        let error = compose(&SupergraphConfig::parse(&more).unwrap()).unwrap_err();
        assert!(matches!(error, SchemaError::NotCarried(_)), "{error}");
    }
}
