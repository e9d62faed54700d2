use serde::{Deserialize, Serialize};

use crate::id::{SessionId, UserId};

/// The `typ` header of the feed, which keeps it and an access token from being taken for each other.
pub const FEED_TYPE: &str = "ended-sessions+jwt";

/// What the feed says. Times are seconds since 1970.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct EndedSessionsClaims {
    /// Who publishes it.
    pub iss: String,
    /// When the database was read for it.
    pub iat: i64,
    /// The ids of all keys that auth publishes, so that a new one is read before its first token comes, and a retired one
    /// is forgotten.
    pub keys: Vec<String>,
    /// The sessions that ended while access tokens of theirs may still be valid, in no order.
    pub sessions: Vec<EndedSession>,
    /// The people whose households changed while access tokens may still be valid that tell of them as they were, in no
    /// order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub households: Vec<HouseholdsChange>,
}

/// A person whose households changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct HouseholdsChange {
    /// The person.
    pub sub: UserId,
    /// How often they have changed: an access token with a lower count tells what is no longer so.
    pub hv: u64,
    /// After this none of those access tokens is valid, whatever anybody knows.
    pub until: i64,
}

/// A session that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct EndedSession {
    /// The session.
    pub sid: SessionId,
    /// After this none of its access tokens is valid, whatever anybody knows.
    pub until: i64,
}
