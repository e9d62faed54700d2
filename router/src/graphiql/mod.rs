//! GraphiQL without the internet: its files are fetched once from npm, checked, cached, and served from here.
//!
//! A program makes a [`Graphiql`], gives a clone to the router, and lets [`Graphiql::provide`] run beside it: the router
//! serves the graph meanwhile, and `/graphiql` says what it is waiting for.

mod cache;
mod fetch;
mod packages;
mod page;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use arc_swap::ArcSwap;
use constellation_shared::error::chain;
use hive_router::ntex::util::Bytes;

pub use cache::{AssetsError, NpmFailure};
pub(crate) use page::PATH;

/// GraphiQL, as far as it is there. Clones share what they know.
#[derive(Clone)]
pub struct Graphiql(Arc<ArcSwap<State>>);

enum State {
    /// Its files are being looked for.
    Waiting,
    /// They are all here.
    Ready(Assets),
    /// They could not be had.
    Missing(String),
}

/// The fetched files by name, in memory.
struct Assets(Vec<(&'static str, Bytes)>);

/// What [`Graphiql::provide`] is about to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Progress {
    /// The package that is fetched now, as `name@version`.
    pub package: &'static str,
    /// Which one of them it is, counted from 1.
    pub number: usize,
    /// How many there are.
    pub of: usize,
}

impl Default for Graphiql {
    fn default() -> Self {
        Self(Arc::new(ArcSwap::from_pointee(State::Waiting)))
    }
}

impl Graphiql {
    /// GraphiQL, whose files are looked for, and fetched once, on the present runtime while the graph is already being
    /// served. What happens is logged.
    pub fn provided(cache: PathBuf) -> Self {
        let graphiql = Self::default();
        let wanted = graphiql.clone();
        tokio::spawn(async move {
            let progress = |step: Progress| {
                let Progress { package, number, of } = step;
                tracing::info!("fetching {package} for GraphiQL ({number} of {of})");
            };
            if let Err(error) = wanted.provide(&cache, progress).await {
                tracing::warn!(error = %chain(&error), "GraphiQL is not available; the graph is");
            }
        });
        graphiql
    }

    /// Takes GraphiQL's files from the folder `cache`, or fetches them into it with `npm`, calling `progress` before each
    /// package. When it returns, `/graphiql` is GraphiQL, or a page that says why it is not.
    ///
    /// # Errors
    /// When the files are not in the cache and cannot be fetched. The router works all the same.
    pub async fn provide(
        &self,
        cache: &Path,
        progress: impl FnMut(Progress) + Send,
    ) -> Result<(), AssetsError> {
        let found = match cache::read(cache).await {
            Some(assets) => Ok(assets),
            None => fetch::fetch(cache, progress).await,
        };
        match found {
            Ok(assets) => {
                self.0.store(Arc::new(State::Ready(assets)));
                Ok(())
            }
            Err(error) => {
                self.0.store(Arc::new(State::Missing(error.to_string())));
                Err(error)
            }
        }
    }
}
