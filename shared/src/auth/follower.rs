use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout_at};
use url::Url;

use super::{InvalidKeySet, KeyRing, KeySet};
use crate::error::chain;

/// How often the keys are read again when nobody asks.
const POLL: Duration = Duration::from_mins(10);
/// How often they are tried again while none could be read at all.
const RETRY: Duration = Duration::from_secs(1);
/// How often at most an unknown key id makes them be read again, so that forged tokens cannot turn into a
/// storm of requests to auth.
const ASKED: Duration = Duration::from_secs(5);
/// How long one reading may take.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Where a service reads the public keys of auth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum JwksLocation {
    /// Auth's own endpoint, or a copy of it.
    Url(Url),
    /// A file with the same JSON.
    File(PathBuf),
}

impl FromStr for JwksLocation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self::Url(url)),
            Ok(url) if url.scheme() == "file" => url
                .to_file_path()
                .map(Self::File)
                .map_err(|()| "this file: URL names no file".into()),
            Ok(url) if text.contains("://") => Err(format!(
                "{} URLs cannot be read, only http, https and file",
                url.scheme()
            )),
            _ if text.is_empty() => Err("it must be a URL or a file's path".into()),
            _ => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for JwksLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("the keys cannot be fetched")]
    Http(#[from] reqwest::Error),
    #[error("the file of keys cannot be read")]
    File(#[from] std::io::Error),
    #[error("what was read is not usable")]
    Invalid(#[from] InvalidKeySet),
}

impl JwksLocation {
    /// Keeps a key ring up to date with this location for as long as the runtime runs. The ring is empty until the first
    /// reading succeeds; after that a failed reading leaves the last keys in place.
    #[must_use]
    pub fn follow(self) -> KeyRing {
        let ring = KeyRing::default();
        tokio::spawn(self.keep_current(ring.clone()));
        ring
    }

    async fn keep_current(self, ring: KeyRing) {
        let client = reqwest::Client::builder()
            .timeout(TIMEOUT)
            .build()
            .unwrap_or_default();
        loop {
            match self.read(&client).await {
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
                let _ = timeout_at(now + POLL, ring.wanted()).await;
            } else {
                sleep_until(now + RETRY).await;
            }
        }
    }

    async fn read(&self, client: &reqwest::Client) -> Result<KeySet, ReadError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_url_or_a_path() {
        assert!(matches!(
            "http://127.0.0.1:4001/.well-known/jwks.json".parse(),
            Ok(JwksLocation::Url(_))
        ));
        assert_eq!(
            "keys/jwks.json".parse(),
            Ok(JwksLocation::File("keys/jwks.json".into()))
        );
        assert_eq!(
            "file:///keys/jwks.json".parse(),
            Ok(JwksLocation::File("/keys/jwks.json".into()))
        );
        assert!("ftp://example.org/jwks.json".parse::<JwksLocation>().is_err());
        assert!("".parse::<JwksLocation>().is_err());
    }
}
