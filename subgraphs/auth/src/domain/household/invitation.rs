use chrono::{DateTime, TimeDelta, Utc};
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::id::{Id, UserId};

use super::CodeHash;

/// Marks the ids of invitations.
pub(crate) enum InvitationMark {}

/// An invitation into a household.
pub(crate) type InvitationId = Id<InvitationMark>;

/// How long an invitation can be accepted.
pub(crate) const INVITATION_LIFETIME: TimeDelta = TimeDelta::days(7);

/// The most open invitations that one household may have.
pub(crate) const MOST_INVITATIONS: u64 = 20;

/// An invitation that is open: whoever has its code may join once.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) household: HouseholdId,
    /// What whoever accepts it becomes.
    pub(crate) role: Role,
    pub(crate) invited_by: UserId,
    pub(crate) code: CodeHash,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
}

/// How an invitation ends before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvitationEnd {
    Accepted,
    Declined,
    Revoked,
}
