use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chrono::TimeDelta;
use mongodb::Database;
use tokio::time::{Instant, sleep, timeout_at};
use url::Url;

use super::progress::Progress;
use super::{ERASED_TYPE, Erase, ErasedAccountsClaims};
use crate::auth::{InvalidToken, KeyRing, LEEWAY, Rejection, open_published};
use crate::clock::Clock;
use crate::error::chain;
use crate::http::Check;
use crate::mongo::StoreError;
use crate::program::Stop;

/// How often the log is read.
const EVERY: Duration = Duration::from_secs(5);
/// How long one reading may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// A log that was not read to its end for so long is told of by `/ready` and in the log.
const LAGGING: Duration = Duration::from_mins(5);
/// How long after it was erased everything of a person is erased once more: longer than an access token lives.
const ONCE_MORE: TimeDelta = TimeDelta::minutes(20);
/// How many are erased once more before the log is read again.
const AT_ONCE: i64 = 100;

/// Where the log of erased accounts is, and what it must be.
pub struct ErasedAccountsSource {
    /// Where it is.
    pub location: Url,
    /// The keys that may have signed it.
    pub keys: KeyRing,
    /// Who must have issued it.
    pub issuer: String,
}

/// Follows the log of erased accounts, and erases what this subgraph has of their owners.
pub struct ErasedAccounts {
    source: ErasedAccountsSource,
    progress: Progress,
    eraser: Arc<dyn Erase>,
    clock: Arc<dyn Clock>,
    http: reqwest::Client,
    /// When everybody in the log had been erased here, in seconds since 1970; before the first time, when this began.
    current_at: AtomicI64,
}

/// Why the log could not be followed this time.
#[derive(Debug, thiserror::Error)]
pub enum FollowError {
    /// Auth does not answer.
    #[error("the log of erased accounts cannot be fetched")]
    Http(#[from] reqwest::Error),
    /// What it answers was not signed by auth, or is not what was asked for.
    #[error("what was read is no page of a log that auth has signed ({0})")]
    NotOurs(String),
    /// The subgraph's own database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl ErasedAccounts {
    /// Keeps its place in the log in this database.
    #[must_use]
    pub fn new(
        source: ErasedAccountsSource,
        database: &Database,
        eraser: Arc<dyn Erase>,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            source,
            progress: Progress::of(database),
            eraser,
            current_at: AtomicI64::new(clock.now().timestamp()),
            clock,
            http: reqwest::Client::builder()
                .timeout(TIMEOUT)
                .build()
                .unwrap_or_default(),
        }
    }

    /// Follows the log until `stop`. What is being erased then is erased from its beginning by whoever follows it next.
    pub async fn run(&self, stop: Stop) {
        let rounds = async {
            let mut told = false;
            loop {
                match self.catch_up().await {
                    Ok(_) if told => {
                        tracing::info!("the log of erased accounts is followed again");
                        told = false;
                    }
                    Err(error) if self.lag() > LAGGING && !told => {
                        tracing::warn!(location = %self.source.location, error = %chain(&error), "the log of erased accounts is not followed; trying again");
                        told = true;
                    }
                    Err(error) => {
                        tracing::debug!(error = %chain(&error), "the log of erased accounts was not read this time");
                    }
                    Ok(_) => {}
                }
                sleep(EVERY).await;
            }
        };
        tokio::select! {
            () = rounds => {}
            () = stop.requested() => {}
        }
    }

    /// Reads the log to its end and erases everybody in it, and counts them.
    ///
    /// # Errors
    /// When auth or the database cannot be used. What was erased until then is not forgotten.
    pub async fn catch_up(&self) -> Result<usize, FollowError> {
        let mut erased = 0;
        loop {
            let after = self.progress.cursor().await?;
            let page = self.read(after).await?;
            if page.last < after {
                // Auth's database was restored from a backup, and its numbers begin to repeat.
                tracing::warn!(
                    "the log of erased accounts has become shorter; reading it from its beginning"
                );
                self.progress.begin_anew().await?;
                continue;
            }
            for person in &page.accounts {
                // First, so that it cannot be forgotten.
                self.progress.note(*person, self.clock.now() + ONCE_MORE).await?;
                self.eraser.erase(*person).await?;
                tracing::info!(user = %person, "what an erased account has left here was erased");
            }
            self.progress.advance(page.upto).await?;
            erased += page.accounts.len();
            if page.upto >= page.last || page.accounts.is_empty() {
                break;
            }
        }
        for person in self.progress.due(self.clock.now(), AT_ONCE).await? {
            self.eraser.erase(person).await?;
            self.progress.done(person).await?;
        }
        self.current_at
            .store(self.clock.now().timestamp(), Ordering::Relaxed);
        Ok(erased)
    }

    /// For how long nobody has been known to be missing.
    fn lag(&self) -> Duration {
        let since = self.clock.now().timestamp() - self.current_at.load(Ordering::Relaxed);
        Duration::from_secs(u64::try_from(since).unwrap_or(0))
    }

    async fn read(&self, after: i64) -> Result<ErasedAccountsClaims, FollowError> {
        let mut location = self.source.location.clone();
        location
            .query_pairs_mut()
            .append_pair("after", &after.to_string());
        let text = self
            .http
            .get(location)
            .send()
            .await?
            .error_for_status()?
            .text()
            .await?;
        let (keys, issuer) = (&self.source.keys, &self.source.issuer);
        let open = || open_published::<ErasedAccountsClaims>(text.trim(), ERASED_TYPE, keys, issuer);
        let page = match open() {
            Err(Rejection::Invalid(InvalidToken::UnknownKey)) => {
                // If nobody answers in time, the second look says the same as the first.
                let _ = timeout_at(Instant::now() + TIMEOUT, keys.ask_for_newer()).await;
                open()
            }
            settled => settled,
        }
        .map_err(|rejection| FollowError::NotOurs(format!("{rejection:?}")))?;
        self.check(&page, after).map_err(FollowError::NotOurs)?;
        Ok(page)
    }

    /// A page that belongs elsewhere could make us pass somebody over.
    fn check(&self, page: &ErasedAccountsClaims, after: i64) -> Result<(), String> {
        let whole = i64::try_from(page.accounts.len()) == Ok(page.upto.saturating_sub(page.after));
        let latest = self.clock.now().timestamp() + LEEWAY.as_secs().cast_signed();
        if page.after != after {
            Err(format!("it begins after {}, not after {after}", page.after))
        } else if !whole {
            Err("it has gaps".to_owned())
        } else if page.iat > latest {
            Err("it claims to be of the future: a clock is wrong".to_owned())
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Check for ErasedAccounts {
    fn name(&self) -> &'static str {
        "erased accounts"
    }

    /// Nobody is turned away because somebody else has not been forgotten yet.
    async fn check(&self) -> Result<(), String> {
        Ok(())
    }

    fn remark(&self) -> Option<String> {
        let lag = self.lag();
        (lag > LAGGING).then(|| {
            format!(
                "the log of erased accounts was last followed {} minutes ago",
                lag.as_secs() / 60
            )
        })
    }
}
