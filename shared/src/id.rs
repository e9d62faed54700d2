//! Typed ids: a user's id can never be passed where a session's is wanted.
//!
//! Every id is a UUID of version 7, so ids made later sort later.

use std::fmt;
use std::hash::{Hash, Hasher};
use std::marker::PhantomData;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use uuid::Uuid;

use crate::clock::Clock;
use crate::entropy::{Entropy, random};

/// The id of a `Kind`. Subgraphs name their own: `type ExpenseId = Id<ExpenseKind>`.
pub struct Id<Kind> {
    uuid: Uuid,
    kind: PhantomData<fn() -> Kind>,
}

/// Marks the ids of people.
pub enum UserKind {}
/// Marks the ids of sessions.
pub enum SessionKind {}

/// A person. Auth owns the account; other subgraphs know a person only as this.
pub type UserId = Id<UserKind>;
/// One signed-in device of one person.
pub type SessionId = Id<SessionKind>;

/// The text is not an id.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id")]
pub struct InvalidId;

impl<Kind> Id<Kind> {
    /// Makes a new id.
    pub fn generate(clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
        // A clock before 1970 is a test's mistake; such ids still are unique, they only sort first.
        let millis = u64::try_from(clock.now().timestamp_millis()).unwrap_or(0);
        Self::from_uuid(uuid::Builder::from_unix_timestamp_millis(millis, &random(entropy)).into_uuid())
    }

    /// Names the thing that has this UUID.
    #[must_use]
    pub const fn from_uuid(uuid: Uuid) -> Self {
        Self {
            uuid,
            kind: PhantomData,
        }
    }

    /// Names the thing whose UUID has these bytes.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self::from_uuid(Uuid::from_bytes(bytes))
    }

    /// The id as a plain UUID, for storage.
    #[must_use]
    pub const fn as_uuid(&self) -> Uuid {
        self.uuid
    }
}

impl<Kind> FromStr for Id<Kind> {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        // Only the one form that we print is read back, so that one thing never has two ids in a client's cache.
        let uuid = Uuid::try_parse(text).map_err(|_| InvalidId)?;
        let id = Self::from_uuid(uuid);
        if id.to_string() == text {
            Ok(id)
        } else {
            Err(InvalidId)
        }
    }
}

impl<Kind> fmt::Display for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.uuid.hyphenated(), f)
    }
}

impl<Kind> fmt::Debug for Id<Kind> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

// Written by hand because a derive would ask the same of `Kind`, which is only a mark.
impl<Kind> Clone for Id<Kind> {
    fn clone(&self) -> Self {
        *self
    }
}
impl<Kind> Copy for Id<Kind> {}
impl<Kind> PartialEq for Id<Kind> {
    fn eq(&self, other: &Self) -> bool {
        self.uuid == other.uuid
    }
}
impl<Kind> Eq for Id<Kind> {}
impl<Kind> PartialOrd for Id<Kind> {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl<Kind> Ord for Id<Kind> {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        self.uuid.cmp(&other.uuid)
    }
}
impl<Kind> Hash for Id<Kind> {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uuid.hash(state);
    }
}

impl<Kind> Serialize for Id<Kind> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de, Kind> Deserialize<'de> for Id<Kind> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_is_read_back_only_in_the_form_it_is_printed() {
        let id = UserId::from_uuid(Uuid::from_u128(0x0192_f0c1_2b3c_7d4e_8f50_6172_8394_a5b6));
        assert_eq!(id.to_string().parse(), Ok(id));
        assert_eq!(id.to_string().to_uppercase().parse::<UserId>(), Err(InvalidId));
        assert_eq!(
            id.as_uuid().simple().to_string().parse::<UserId>(),
            Err(InvalidId)
        );
        assert_eq!("".parse::<UserId>(), Err(InvalidId));
    }
}
