use chrono::{DateTime, Utc};
use constellation_shared::id::UserId;

use super::DisplayName;

/// A person with an account.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    /// The address, as its owner writes it.
    pub(crate) email: String,
    /// Whether they have proven that it is theirs.
    pub(crate) email_verified: bool,
    pub(crate) display_name: DisplayName,
    pub(crate) created_at: DateTime<Utc>,
    /// Since when nobody may sign in to it, because somebody who runs the service said so.
    pub(crate) disabled_at: Option<DateTime<Utc>>,
    /// When it is erased, because its owner wants to leave.
    pub(crate) deletion_due: Option<DateTime<Utc>>,
}
