//! Sessions that have ended, and households that have changed, although access tokens that say otherwise are still valid.
//!
//! Auth publishes a signed feed of them beside its public keys. Every service reads it in the background and refuses
//! their tokens, so that nothing has to be asked per request.
//!
//! Invariant: a session that was once seen to have ended stays so until none of its tokens can be valid any more. No
//! later feed takes it back, be it old, empty or of a replica that lags.

mod claims;
mod follower;

pub use claims::{EndedSession, EndedSessionsClaims, FEED_TYPE, HouseholdsChange};
pub use follower::{EndedSessionsSource, open_feed};

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use chrono::{DateTime, Utc};

use super::LEEWAY;
use crate::id::{SessionId, UserId};

/// How long after a session has ended auth's feed tells of it at the latest.
pub const PUBLISHED_WITHIN: Duration = Duration::from_secs(2);
/// How often a service reads the feed.
pub const FEED_POLL: Duration = Duration::from_secs(2);
/// How long one reading may take.
pub const FEED_TIMEOUT: Duration = Duration::from_secs(2);
/// How long the access tokens of an ended session are accepted at the longest, while auth and its database answer.
pub const SIGN_OUT_DELAY: Duration = PUBLISHED_WITHIN
    .saturating_add(FEED_POLL)
    .saturating_add(FEED_TIMEOUT);

/// How often auth signs its feed anew although nothing has changed, so that readers can tell it from an old one.
pub const SIGNED_ANEW: Duration = Duration::from_secs(10);
/// A feed that is older than this is told of by `/ready`.
pub const STALE: Duration = Duration::from_secs(30);

/// The ended sessions as they are known right now; whoever keeps them up to date holds a clone.
#[derive(Clone, Default)]
pub struct EndedSessions(Arc<ArcSwap<Known>>);

#[derive(Clone, Default)]
struct Known {
    /// Until when each one's tokens may be valid otherwise, in seconds since 1970.
    until: HashMap<SessionId, i64>,
    /// How often each one's households have changed, and until when a token may be valid that has not heard of it.
    households: HashMap<UserId, Change>,
    /// The moment of the newest feed, in seconds since 1970.
    as_of: Option<i64>,
}

#[derive(Clone, Copy)]
struct Change {
    hv: u64,
    until: i64,
}

impl EndedSessions {
    /// Adds what a feed tells. What was known before stays, until its time is over.
    pub fn absorb(
        &self,
        as_of: i64,
        sessions: &[EndedSession],
        changes: &[HouseholdsChange],
        now: DateTime<Utc>,
    ) {
        let over = now.timestamp() - LEEWAY.as_secs().cast_signed();
        self.0.rcu(|known| {
            let mut until = known.until.clone();
            for session in sessions {
                let end = until.entry(session.sid).or_insert(session.until);
                *end = session.until.max(*end);
            }
            until.retain(|_, end| *end > over);
            let mut households = known.households.clone();
            for &HouseholdsChange { sub, hv, until } in changes {
                let change = households.entry(sub).or_insert(Change { hv, until });
                *change = Change {
                    hv: hv.max(change.hv),
                    until: until.max(change.until),
                };
            }
            households.retain(|_, change| change.until > over);
            Known {
                until,
                households,
                as_of: Some(known.as_of.map_or(as_of, |before| before.max(as_of))),
            }
        });
    }

    /// Whether a feed has ever been read.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.0.load().as_of.is_some()
    }

    /// Whether this session is known to have ended.
    #[must_use]
    pub fn contains(&self, session: SessionId) -> bool {
        self.0.load().until.contains_key(&session)
    }

    /// Whether this person's households are known to have changed since a token was issued that counts so many changes.
    #[must_use]
    pub fn changed_households(&self, user: UserId, hv: u64) -> bool {
        let known = self.0.load();
        known.households.get(&user).is_some_and(|change| change.hv > hv)
    }

    /// How old the newest feed is; `None` when there has been none.
    #[must_use]
    pub fn age(&self, now: DateTime<Utc>) -> Option<Duration> {
        let as_of = self.0.load().as_of?;
        // A feed that is ahead of our clock is new.
        let seconds = u64::try_from(now.timestamp().saturating_sub(as_of)).unwrap_or(0);
        Some(Duration::from_secs(seconds))
    }
}
