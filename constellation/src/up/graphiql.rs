use std::path::PathBuf;

use constellation_router::graphiql::{Graphiql, Progress};
use constellation_shared::error::chain;

/// GraphiQL, whose files are looked for, and fetched once, while the graph is already being served.
pub(super) fn provided(cache: PathBuf) -> Graphiql {
    let graphiql = Graphiql::default();
    let wanted = graphiql.clone();
    tokio::spawn(async move {
        let progress = |step: Progress| {
            tracing::info!(
                "fetching {} for GraphiQL ({} of {})",
                step.package,
                step.number,
                step.of
            );
        };
        if let Err(error) = wanted.provide(&cache, progress).await {
            tracing::warn!(error = %chain(&error), "GraphiQL is not available; the graph is");
        }
    });
    graphiql
}
