//! Reading the supergraph, and following its file.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use arc_swap::ArcSwap;
use constellation_shared::error::chain;
use hive_router::executor::hooks::on_supergraph_load::{Supergraph, SupergraphBuildError, SupergraphOptions};
use http::Uri;

use crate::options::{SubgraphTransport, SupergraphSource};

/// How often the file is looked at.
const POLL: Duration = Duration::from_secs(2);

/// The supergraph cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SupergraphError {
    /// Its file cannot be read.
    #[error("the file {path:?}, which `cargo run -- schema` makes, cannot be read")]
    Read {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Its text is not GraphQL, or describes nothing that can be planned.
    #[error("it is not a supergraph: {0}")]
    Build(String),
    /// It is some other schema.
    #[error("it is not a supergraph: it names no subgraphs. Compose one with `cargo run -- schema`")]
    NoSubgraphs,
    /// A subgraph was configured that it does not have.
    #[error("the supergraph has no subgraph {name:?}, only {known}")]
    UnknownSubgraph {
        /// The configured name.
        name: String,
        /// The names that it has.
        known: String,
    },
    /// It says nothing usable about where a subgraph is.
    #[error("the URL that it has for the subgraph {name:?} is {url:?}, which is not an absolute http URL")]
    NoUrl {
        /// Which subgraph.
        name: String,
        /// What it says.
        url: String,
    },
}

/// The supergraph that is being served.
pub(crate) struct CurrentSupergraph {
    current: ArcSwap<Supergraph>,
    options: SupergraphOptions,
    /// The subgraphs that were configured, which every supergraph must have.
    configured: Vec<(String, Reached)>,
}

/// How a configured subgraph is reached, as far as it matters here.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reached {
    InMemory,
    ByUrl,
}

impl CurrentSupergraph {
    /// Reads the supergraph for the first time.
    pub(crate) fn load<'a>(
        source: &SupergraphSource,
        options: SupergraphOptions,
        subgraphs: impl IntoIterator<Item = (&'a String, &'a SubgraphTransport)>,
    ) -> Result<Self, SupergraphError> {
        let configured = subgraphs
            .into_iter()
            .map(|(name, transport)| match transport {
                SubgraphTransport::InMemory(_) => (name.clone(), Reached::InMemory),
                SubgraphTransport::Http(_) => (name.clone(), Reached::ByUrl),
            })
            .collect::<Vec<_>>();
        let sdl = match source {
            SupergraphSource::Sdl(sdl) => sdl.clone(),
            SupergraphSource::File(path) => read(path)?,
        };
        let first = build(&sdl, &options, &configured)?;
        Ok(Self {
            current: ArcSwap::from_pointee(first),
            options,
            configured,
        })
    }

    pub(crate) fn get(&self) -> Arc<Supergraph> {
        self.current.load_full()
    }

    /// Takes up every change of the file, until the runtime ends.
    pub(crate) async fn follow(self: Arc<Self>, path: PathBuf) {
        let mut seen = stamp(&path).await;
        let mut ticks = tokio::time::interval(POLL);
        loop {
            ticks.tick().await;
            let now = stamp(&path).await;
            if now.is_none() || now == seen {
                continue;
            }
            seen = now;
            let this = Arc::clone(&self);
            let file = path.clone();
            // Planning structures of a large graph take a while to build.
            match tokio::task::spawn_blocking(move || this.reload(&file)).await {
                Ok(Ok(())) => tracing::info!(?path, "the new supergraph is in use"),
                Ok(Err(error)) => {
                    tracing::error!(?path, error = %chain(&error), "the changed supergraph cannot be used; the present one stays");
                }
                Err(error) => tracing::error!(?path, %error, "the supergraph was not read again"),
            }
        }
    }

    fn reload(&self, path: &Path) -> Result<(), SupergraphError> {
        let next = build(&read(path)?, &self.options, &self.configured)?;
        self.current.store(Arc::new(next));
        Ok(())
    }
}

fn read(path: &Path) -> Result<String, SupergraphError> {
    std::fs::read_to_string(path).map_err(|source| SupergraphError::Read {
        path: path.to_owned(),
        source,
    })
}

/// What changes when the file does.
async fn stamp(path: &Path) -> Option<(SystemTime, u64)> {
    let metadata = tokio::fs::metadata(path).await.ok()?;
    Some((metadata.modified().ok()?, metadata.len()))
}

fn build(
    sdl: &str,
    options: &SupergraphOptions,
    configured: &[(String, Reached)],
) -> Result<Supergraph, SupergraphError> {
    // Hive expects the shape that composition gives, and panics on some that it never gives, such as a plain schema.
    let supergraph = catch_unwind(AssertUnwindSafe(|| {
        Supergraph::from_sdl("constellation", sdl, options.clone())
    }))
    .map_err(|_| SupergraphError::NoSubgraphs)?
    .map_err(|error| SupergraphError::Build(on_one_line(&error)))?;
    let endpoints = &supergraph.planner.supergraph.subgraph_endpoint_map;
    if endpoints.is_empty() {
        return Err(SupergraphError::NoSubgraphs);
    }
    if let Some((name, _)) = configured.iter().find(|(name, _)| !endpoints.contains_key(name)) {
        let mut known: Vec<_> = endpoints.keys().map(String::as_str).collect();
        known.sort_unstable();
        return Err(SupergraphError::UnknownSubgraph {
            name: name.clone(),
            known: known.join(", "),
        });
    }
    for (name, url) in endpoints {
        let overridden = configured
            .iter()
            .any(|(other, reached)| other == name && *reached == Reached::ByUrl);
        if !overridden && !is_absolute(url) {
            return Err(SupergraphError::NoUrl {
                name: name.clone(),
                url: url.clone(),
            });
        }
    }
    Ok(supergraph)
}

fn on_one_line(error: &SupergraphBuildError) -> String {
    error.to_string().split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A subgraph that is called in memory needs its URL too: the path in it is the path of the request.
fn is_absolute(url: &str) -> bool {
    url.parse::<Uri>()
        .is_ok_and(|uri| matches!(uri.scheme_str(), Some("http" | "https")) && uri.authority().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(sdl: &str) -> SupergraphError {
        let source = SupergraphSource::Sdl(sdl.to_owned());
        match CurrentSupergraph::load(&source, SupergraphOptions::default(), []) {
            Ok(_) => panic!("it was taken for a supergraph"),
            Err(error) => error,
        }
    }

    #[test]
    fn what_is_no_supergraph_is_refused_in_words() {
        assert!(matches!(load("this is not GraphQL"), SupergraphError::Build(_)));
        assert!(matches!(
            load("type Query { me: String }"),
            SupergraphError::NoSubgraphs
        ));
        assert!(matches!(
            load(""),
            SupergraphError::NoSubgraphs | SupergraphError::Build(_)
        ));
    }

    #[test]
    fn a_missing_file_is_named() {
        let source = SupergraphSource::File("no/such/file.graphql".into());
        let Err(error) = CurrentSupergraph::load(&source, SupergraphOptions::default(), []) else {
            panic!("it was read");
        };
        assert!(error.to_string().contains("no/such/file.graphql"), "{error}");
    }
}
