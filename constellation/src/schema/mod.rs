//! Composing the subgraphs into one graph, and keeping the folder `schema/` true to the code.

mod compose;
mod config;
mod files;

pub(crate) use compose::{Composed, SchemaError, compose};
pub(crate) use config::SupergraphConfig;

use std::path::Path;

use crate::settings::SchemaSettings;

/// The list of subgraphs as it was when this program was built.
pub(crate) const BUILT_IN: &str = include_str!("../../../supergraph.yaml");

/// `constellation schema`: writes the files, or checks that they need no writing.
pub(crate) fn command(settings: &SchemaSettings) -> Result<(), SchemaError> {
    let config = SupergraphConfig::read(&settings.supergraph)?;
    let composed = compose(&config)?;
    let root = settings.supergraph.parent().unwrap_or(Path::new(""));
    let files = files::files(root, &config, &composed);
    if settings.check {
        files::check(&files)
    } else {
        files::write(&files)
    }
}
