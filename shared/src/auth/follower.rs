use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};

use super::{InvalidKeySet, KeyRing, KeySet, Location};
use crate::error::chain;

/// How often the keys are read again when nobody asks.
pub const KEYS_POLL: Duration = Duration::from_mins(10);
/// How often they are tried again while none could be read at all.
const RETRY: Duration = Duration::from_secs(1);
/// How often at most an unknown key id makes them be read again, so that forged tokens cannot turn into a
/// storm of requests to auth.
const ASKED: Duration = Duration::from_secs(5);
/// How long one reading may take.
const TIMEOUT: Duration = Duration::from_secs(5);

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("the keys cannot be fetched")]
    Http(#[from] reqwest::Error),
    #[error("the file of keys cannot be read")]
    File(#[from] std::io::Error),
    #[error("what was read is not usable")]
    Invalid(#[from] InvalidKeySet),
}

impl Location {
    /// Keeps a key ring up to date with the public keys at this location for as long as the runtime runs. The ring is empty until the first
    /// reading succeeds; after that a failed reading leaves the last keys in place.
    #[must_use]
    pub fn follow_keys(self) -> KeyRing {
        let ring = KeyRing::default();
        tokio::spawn(self.keep_keys(ring.clone()));
        ring
    }

    async fn keep_keys(self, ring: KeyRing) {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .unwrap_or_default();
        loop {
            match self.read_keys(&client).await {
                Ok(keys) => {
                    ring.replace(keys);
                    tracing::debug!(location = %self, "verification keys read");
                }
                Err(error) => {
                    let state = if ring.is_loaded() {
                        "the last ones stay in use"
                    } else {
                        "none are loaded yet"
                    };
                    tracing::warn!(location = %self, error = %chain(&error), "verification keys not read; {state}");
                }
            }
            ring.answer();
            let now = Instant::now();
            if ring.is_loaded() {
                sleep_until(now + ASKED).await;
                let _ = timeout_at(now + KEYS_POLL, ring.wanted()).await;
            } else {
                sleep_until(now + RETRY).await;
            }
        }
    }

    async fn read_keys(&self, client: &reqwest::Client) -> Result<KeySet, ReadError> {
        let json = match self {
            Self::Url(url) => client
                .get(url.clone())
                .send()
                .await?
                .error_for_status()?
                .bytes()
                .await?
                .to_vec(),
            Self::File(path) => tokio::fs::read(path).await?,
        };
        Ok(KeySet::from_jwks(&json)?)
    }
}
