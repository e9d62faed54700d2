use std::time::Instant;

use futures_util::future::{BoxFuture, FutureExt as _, ready};
use mongodb::error::{Error, Result};
use mongodb::{Client, ClientSession};
use tracing::Instrument as _;

use super::patience::PATIENCE;

/// Runs `work` in a transaction, again when another one was in its way.
///
/// The transaction is brought to its end even if nobody waits for it any more, because the caller or its patience is gone.
/// One that is dropped halfway, while the server does not answer, cannot be aborted: when the server goes on, it still
/// finds the writes that it was sent, and keeps what they touch locked until it forgets the transaction. What has waited
/// longer than five seconds only ends: it does not begin again.
///
/// # Errors
/// What `work` fails with, or the commit.
pub async fn transaction<C, R, F>(client: &Client, context: C, work: F) -> Result<R>
where
    C: Send + 'static,
    R: Send + 'static,
    F: for<'a> FnMut(&'a mut ClientSession, &'a mut C) -> BoxFuture<'a, Result<R>> + Send + 'static,
{
    let client = client.clone();
    let run = async move {
        let begun = Instant::now();
        let mut session = client.start_session().await?;
        session
            .start_transaction()
            .max_commit_time(PATIENCE)
            .and_run((context, work), move |session, (context, work)| {
                if begun.elapsed() > PATIENCE {
                    return ready(Err(Error::custom("nobody waits for this transaction any more"))).boxed();
                }
                work(session, context)
            })
            .await
    };
    // The task ends abnormally only if `work` panics, or with the whole program.
    tokio::spawn(run.in_current_span())
        .await
        .unwrap_or_else(|ended| Err(Error::custom(ended.to_string())))
}
