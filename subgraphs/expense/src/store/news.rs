//! Word that something was written into a household's ledger, whichever replica wrote it.
//!
//! It is word and no more: whoever hears it reads the feed. So nothing is lost with a word that is, and nobody learns from
//! one what they may not see.

use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use constellation_shared::error::chain;
use constellation_shared::household::HouseholdId;
use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::task::AbortHandle;
use tokio::time::{sleep, timeout};

use super::ExpenseStore;
use super::change_document::ChangeDocument;

/// How many words may wait for a listener that is busy. One that misses some reads its feed as if it had heard them all.
const WAITING: usize = 256;
/// When to try again after the database has failed.
const LATER: Duration = Duration::from_secs(1);
/// How long a listener hears nothing at most: what was a surprise is revealed without a word.
const SILENCE: Duration = Duration::from_secs(5);

/// One change stream for all listeners of a process, for as long as there are any.
#[derive(Clone)]
pub(crate) struct News {
    changes: Collection<Document>,
    following: Arc<Mutex<Weak<Following>>>,
}

struct Following {
    words: broadcast::Sender<Option<HouseholdId>>,
    task: AbortHandle,
}

impl Drop for Following {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// Somebody who waits for word of a household.
pub(crate) struct Listener {
    household: HouseholdId,
    words: broadcast::Receiver<Option<HouseholdId>>,
    /// The stream is followed for as long as anybody listens.
    _following: Arc<Following>,
}

impl News {
    pub(super) fn of(changes: &Collection<ChangeDocument>) -> Self {
        Self {
            changes: changes.clone_with_type(),
            following: Arc::default(),
        }
    }

    fn listen(&self, household: HouseholdId) -> Listener {
        let mut present = self.following.lock().unwrap_or_else(PoisonError::into_inner);
        let following = present.upgrade().unwrap_or_else(|| {
            let (words, _) = broadcast::channel(WAITING);
            let task = tokio::spawn(follow(self.changes.clone(), words.clone()));
            let new = Arc::new(Following {
                words,
                task: task.abort_handle(),
            });
            *present = Arc::downgrade(&new);
            new
        });
        Listener {
            household,
            words: following.words.subscribe(),
            _following: following,
        }
    }
}

impl ExpenseStore {
    /// Listens for word of this household.
    pub(crate) fn listen(&self, household: HouseholdId) -> Listener {
        self.news.listen(household)
    }
}

impl Listener {
    /// Waits until there may be something new in the feed.
    pub(crate) async fn word(&mut self) {
        let heard = async {
            loop {
                match self.words.recv().await {
                    Ok(Some(household)) if household != self.household => {}
                    Ok(_) | Err(RecvError::Lagged(_)) => return,
                    // Nobody speaks any more; the silence below brings word.
                    Err(RecvError::Closed) => std::future::pending().await,
                }
            }
        };
        // Silence is word enough.
        let _ = timeout(SILENCE, heard).await;
    }
}

async fn follow(changes: Collection<Document>, words: broadcast::Sender<Option<HouseholdId>>) {
    loop {
        if let Err(error) = listen(&changes, &words).await {
            tracing::warn!(error = %chain(&error), "the change stream of the ledgers broke off");
        }
        sleep(LATER).await;
    }
}

async fn listen(
    changes: &Collection<Document>,
    words: &broadcast::Sender<Option<HouseholdId>>,
) -> mongodb::error::Result<()> {
    let written =
        doc! { "$match": { "operationType": "insert", "fullDocument.ledger": { "$exists": true } } };
    let mut stream = changes.watch().pipeline([written]).await?;
    // What was written before the stream was open had no word: everybody looks.
    let _ = words.send(None);
    // The driver goes on by itself, after what it read last, when a primary steps down.
    while let Some(event) = stream.try_next().await? {
        let ledger = event
            .full_document
            .and_then(|change| change.get("ledger").cloned());
        let household = ledger
            .and_then(|ledger| mongodb::bson::deserialize_from_bson::<mongodb::bson::Uuid>(ledger).ok())
            .map(|id| HouseholdId::from_bytes(id.bytes()));
        // Without listeners this ends with the last of them.
        let _ = words.send(household);
    }
    Ok(())
}
