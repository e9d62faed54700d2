use constellation_shared::id::UserId;

use super::fingerprint::{Fingerprint, IdempotencyKey};
use super::violation::{Field, Violation};

/// A change that its caller has given a key, under which it happens at most once. Keys are the person's own, for all changes
/// together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Once {
    /// Whose key it is.
    pub person: UserId,
    /// The key.
    pub key: IdempotencyKey,
    /// Tells this change from all others.
    pub fingerprint: Fingerprint,
}

impl Once {
    /// The change of this fingerprint under this key.
    ///
    /// # Errors
    /// When the key is none.
    pub(crate) fn parse(key: String, person: UserId, fingerprint: Fingerprint) -> Result<Self, Violation> {
        let key = IdempotencyKey::parse(key).map_err(|rule| Violation {
            field: Field::IdempotencyKey,
            rule,
        })?;
        Ok(Self {
            person,
            key,
            fingerprint,
        })
    }
}
