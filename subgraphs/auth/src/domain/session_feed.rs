use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwapOption;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use constellation_shared::auth::{
    EndedSession, EndedSessions, HouseholdsChange, PUBLISHED_WITHIN, SIGNED_ANEW,
};
use constellation_shared::clock::Clock;
use constellation_shared::error::chain;
use constellation_shared::mongo::StoreError;
use futures_util::future::try_join;
use sha2::{Digest as _, Sha256};
use tokio::sync::Notify;
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::{LIFETIMES, TokenIssuer};
use crate::store::{SessionStore, UserStore};

/// How often the database is read at least. Another replica may have ended a session, so nobody's memory is enough.
const EVERY: Duration = Duration::from_secs(1);
/// How long one reading may take.
const PATIENCE: Duration = PUBLISHED_WITHIN.saturating_sub(EVERY);
/// How often the database is read at most, however many sessions end.
const PAUSE: Duration = Duration::from_millis(50);

/// How long after its end a session is told of, and after its change a person's households: as long as an access token lives, one that was signed by a request which
/// was under way when the session ended (30 seconds), and three times the ten that two clocks may differ by.
const KEPT: TimeDelta = match LIFETIMES.access.checked_add(&TimeDelta::seconds(60)) {
    Some(kept) => kept,
    None => LIFETIMES.access,
};

/// The feed of ended sessions and changed households: read from the database, signed, and kept for whoever asks.
pub(crate) struct SessionFeed {
    store: SessionStore,
    users: UserStore,
    issuer: Arc<TokenIssuer>,
    clock: Arc<dyn Clock>,
    ended: EndedSessions,
    published: ArcSwapOption<Published>,
    /// Rung when a session was ended here, so that nobody waits for the next reading.
    news: Notify,
}

/// The feed as it was signed last.
pub(crate) struct Published {
    pub(crate) text: String,
    /// Differs between any two texts.
    pub(crate) tag: String,
    as_of: DateTime<Utc>,
    sessions: Vec<EndedSession>,
    households: Vec<HouseholdsChange>,
    key_ids: Vec<String>,
}

/// Why the feed could not be renewed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FeedError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the feed of ended sessions could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
    #[error("the database did not answer in time")]
    Late,
}

impl SessionFeed {
    /// Publishes the feed, and keeps it current for as long as somebody holds what is returned. Must be called inside
    /// the runtime that is to do so.
    pub(crate) async fn publish(
        store: SessionStore,
        users: UserStore,
        issuer: Arc<TokenIssuer>,
        clock: Arc<dyn Clock>,
    ) -> Result<Arc<Self>, FeedError> {
        let feed = Arc::new(Self {
            store,
            users,
            issuer,
            clock,
            ended: EndedSessions::default(),
            published: ArcSwapOption::empty(),
            news: Notify::new(),
        });
        // Nothing is served before it is known which sessions have ended.
        feed.renew().await?;
        tokio::spawn(keep_current(Arc::downgrade(&feed)));
        Ok(feed)
    }

    /// The ended sessions, for a verifier in the same process.
    pub(crate) fn ended(&self) -> EndedSessions {
        self.ended.clone()
    }

    /// The feed as it was signed last.
    pub(crate) fn published(&self) -> Option<Arc<Published>> {
        self.published.load_full()
    }

    /// Says that a session was ended here, or a household changed.
    pub(super) fn hear(&self) {
        self.news.notify_one();
    }

    async fn renew(&self) -> Result<(), FeedError> {
        let now = self.clock.now();
        let (ended, changed) = try_join(
            self.store.ended_since(now - KEPT),
            self.users.households_changed_since(now - KEPT),
        )
        .await?;
        let mut sessions: Vec<_> = ended
            .into_iter()
            .map(|(sid, ended_at)| EndedSession {
                sid,
                until: (ended_at + KEPT).timestamp() + 1,
            })
            .collect();
        sessions.sort_unstable_by_key(|session| session.sid.as_uuid());
        let mut households: Vec<_> = changed
            .into_iter()
            .map(|(sub, hv, changed_at)| HouseholdsChange {
                sub,
                hv,
                until: (changed_at + KEPT).timestamp() + 1,
            })
            .collect();
        households.sort_unstable_by_key(|change| change.sub.as_uuid());
        self.ended.absorb(now.timestamp(), &sessions, &households, now);
        let key_ids = self.issuer.key_ids();
        let unchanged = self.published().is_some_and(|last| {
            let age = (now - last.as_of).to_std().unwrap_or_default();
            last.sessions == sessions
                && last.households == households
                && last.key_ids == key_ids
                && age < SIGNED_ANEW
        });
        if !unchanged {
            let text = self.issuer.feed(sessions.clone(), households.clone(), now)?;
            self.published.store(Some(Arc::new(Published {
                tag: URL_SAFE_NO_PAD.encode(&Sha256::digest(&text)[..16]),
                text,
                as_of: now,
                sessions,
                households,
                key_ids,
            })));
        }
        Ok(())
    }
}

async fn keep_current(feed: Weak<SessionFeed>) {
    let mut failing = false;
    loop {
        let Some(feed) = feed.upgrade() else { return };
        let next = Instant::now() + EVERY;
        match timeout(PATIENCE, feed.renew())
            .await
            .unwrap_or(Err(FeedError::Late))
        {
            Ok(()) if failing => {
                tracing::info!("the feed of ended sessions is current again");
                failing = false;
            }
            Err(error) if !failing => {
                tracing::warn!(error = %chain(&error), "the feed of ended sessions cannot be renewed; the last one stands");
                failing = true;
            }
            _ => {}
        }
        sleep(PAUSE).await;
        // Whether there are news or it is time, the database is read.
        let _ = timeout_at(next, feed.news.notified()).await;
    }
}
