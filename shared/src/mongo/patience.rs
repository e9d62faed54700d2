use std::time::Duration;

use super::StoreError;

/// How long anybody waits for the database. A family waits for an answer, even a bad one, and whoever waits for ours must
/// get it before giving up.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// What `work` comes to, or [`StoreError::Slow`] when that takes too long. The driver bounds only how long it looks for a
/// server: of one that has accepted a question and is silent it would wait for ever.
///
/// # Errors
/// When `work` fails or takes too long.
pub async fn within_patience<T, E: From<StoreError>>(
    work: impl Future<Output = Result<T, E>>,
) -> Result<T, E> {
    tokio::time::timeout(PATIENCE, work)
        .await
        .unwrap_or_else(|_| Err(StoreError::Slow.into()))
}
