use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use http::StatusCode;
use http::header::{ETAG, HeaderValue, IF_NONE_MATCH};
use jsonwebtoken::Validation;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

use super::{EndedSessions, EndedSessionsClaims, FEED_TIMEOUT, FEED_TYPE};
use crate::auth::{InvalidToken, KeyRing, LEEWAY, Location, Rejection, signed};
use crate::clock::Clock;
use crate::error::chain;

/// How often it is looked whether the keys are there that verify the first feed.
const KEYS_AWAITED: Duration = Duration::from_millis(20);
/// After how many failures in a row the log is reminded: about a minute.
const REMINDER: u32 = 30;

/// Where the feed of ended sessions is read, and what it must be.
pub struct EndedSessionsSource {
    /// Where it is.
    pub location: Location,
    /// The keys that may have signed it.
    pub keys: KeyRing,
    /// Who must have issued it.
    pub issuer: String,
    /// How often it is read: [`super::FEED_POLL`], if sessions are to end within [`super::SIGN_OUT_DELAY`].
    pub every: Duration,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
}

#[derive(Debug, thiserror::Error)]
enum ReadError {
    #[error("the feed cannot be fetched")]
    Http(#[from] reqwest::Error),
    #[error("the file of the feed cannot be read")]
    File(#[from] std::io::Error),
    #[error("what was read is no feed that auth has signed ({0:?})")]
    NotOurs(Rejection),
    #[error("the feed claims to be of the future: a clock is wrong")]
    FromTheFuture,
}

/// What was read last, so that the same is not read twice.
#[derive(Default)]
struct Last {
    tag: Option<HeaderValue>,
    text: Vec<u8>,
    /// The keys that it tells of.
    keys: Vec<String>,
}

impl EndedSessionsSource {
    /// Keeps up with the feed for as long as the runtime runs. Nothing is known until the first reading succeeds; after
    /// that a failed reading leaves what is known in place.
    #[must_use]
    pub fn follow(self) -> EndedSessions {
        let ended = EndedSessions::default();
        tokio::spawn(self.keep_current(ended.clone()));
        ended
    }

    async fn keep_current(self, ended: EndedSessions) {
        // Without keys no feed could be verified, and there is no token to be refused either.
        while !self.keys.is_loaded() {
            sleep(KEYS_AWAITED).await;
        }
        let client = reqwest::Client::builder()
            .timeout(FEED_TIMEOUT)
            .build()
            .unwrap_or_default();
        let validation = validation(&self.issuer);
        let mut last = Last::default();
        let mut failures = 0;
        let mut ticks = interval(self.every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            let next = ticks.tick().await + self.every;
            match self.read(&client, &validation, &mut last, &ended).await {
                Ok(()) if failures > 0 => {
                    tracing::info!(location = %self.location, "the feed of ended sessions is read again");
                    failures = 0;
                }
                Ok(()) => {}
                Err(error) => {
                    if failures % REMINDER == 0 {
                        let state = if ended.is_loaded() {
                            "what is known stands"
                        } else {
                            "nothing is known yet"
                        };
                        tracing::warn!(location = %self.location, error = %chain(&error), "the feed of ended sessions is not read; {state}");
                    }
                    failures = failures.wrapping_add(1);
                }
            }
            self.meet_keys(&last, next).await;
        }
    }

    /// A key that auth has begun to publish is read before it signs anything, and not when its first token comes; and
    /// one that auth has retired is soon forgotten.
    async fn meet_keys(&self, last: &Last, until: Instant) {
        if !last.keys.is_empty() && !self.keys.has_exactly(&last.keys) {
            // Whoever reads the keys may be slow; the next feed does not wait for that.
            let _ = timeout_at(until, self.keys.ask_for_newer()).await;
        }
    }

    async fn read(
        &self,
        client: &reqwest::Client,
        validation: &Validation,
        last: &mut Last,
        ended: &EndedSessions,
    ) -> Result<(), ReadError> {
        let (text, tag) = match &self.location {
            Location::File(path) => (tokio::fs::read(path).await?, None),
            Location::Url(url) => {
                let request = client.get(url.clone());
                let request = match &last.tag {
                    Some(tag) => request.header(IF_NONE_MATCH, tag),
                    None => request,
                };
                let response = request.send().await?.error_for_status()?;
                if response.status() == StatusCode::NOT_MODIFIED {
                    return Ok(());
                }
                let tag = response.headers().get(ETAG).cloned();
                (response.bytes().await?.to_vec(), tag)
            }
        };
        if text != last.text || text.is_empty() {
            let claims = self.open(&text, validation).await?;
            ended.absorb(claims.iat, &claims.sessions, &claims.households, self.clock.now());
            last.keys = claims.keys;
        }
        // Only what was good is remembered: a bad feed is looked at again.
        (last.tag, last.text) = (tag, text);
        Ok(())
    }

    async fn open(&self, text: &[u8], validation: &Validation) -> Result<EndedSessionsClaims, ReadError> {
        let open = || verify(text, &self.keys, validation, self.clock.now());
        match open() {
            Err(Rejection::Invalid(InvalidToken::UnknownKey)) => {
                let soon = Instant::now() + FEED_TIMEOUT;
                // If nobody answers in time, the second look says the same as the first.
                let _ = timeout_at(soon, self.keys.ask_for_newer()).await;
                open()
            }
            settled => settled,
        }
        .map_err(|rejection| match rejection {
            Rejection::Invalid(InvalidToken::FromTheFuture) => ReadError::FromTheFuture,
            other => ReadError::NotOurs(other),
        })
    }
}

/// What a feed says that `issuer` has signed with one of these keys.
///
/// # Errors
/// It is no such feed, or claims to be of the future.
pub fn open_feed(
    text: &[u8],
    keys: &KeyRing,
    issuer: &str,
    now: DateTime<Utc>,
) -> Result<EndedSessionsClaims, Rejection> {
    verify(text, keys, &validation(issuer), now)
}

fn verify(
    text: &[u8],
    keys: &KeyRing,
    validation: &Validation,
    now: DateTime<Utc>,
) -> Result<EndedSessionsClaims, Rejection> {
    let text = std::str::from_utf8(text).map_err(|_| InvalidToken::NotOurs)?;
    let claims: EndedSessionsClaims = signed::open(text.trim(), FEED_TYPE, keys, validation)?;
    let latest = now.timestamp() + LEEWAY.as_secs().cast_signed();
    if claims.iat > latest {
        return Err(InvalidToken::FromTheFuture.into());
    }
    Ok(claims)
}

fn validation(issuer: &str) -> Validation {
    let mut validation = signed::validation(issuer);
    validation.set_required_spec_claims(&["iss"]);
    // The feed is for everybody.
    validation.validate_aud = false;
    validation
}
