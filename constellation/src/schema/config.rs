use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use super::SchemaError;

/// supergraph.yaml, as Rover reads it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SupergraphConfig {
    /// The version of Federation that Rover would compose with; the subgraphs' own `@link` decides here.
    #[serde(rename = "federation_version")]
    _federation_version: String,
    pub(crate) subgraphs: BTreeMap<String, SubgraphConfig>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SubgraphConfig {
    pub(crate) routing_url: String,
    pub(crate) schema: SchemaFile,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct SchemaFile {
    /// Relative to the folder of supergraph.yaml.
    pub(crate) file: PathBuf,
}

impl SupergraphConfig {
    pub(crate) fn read(path: &Path) -> Result<Self, SchemaError> {
        let text = fs::read_to_string(path).map_err(|source| SchemaError::Read {
            path: path.into(),
            source,
        })?;
        Self::parse(&text)
    }

    pub(crate) fn parse(text: &str) -> Result<Self, SchemaError> {
        serde_yaml_ng::from_str(text).map_err(SchemaError::Config)
    }
}
