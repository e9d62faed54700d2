use chrono::{DateTime, TimeDelta, Utc};
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::id::{Id, UserId};
use serde::{Deserialize, Serialize};

use super::{CodeHash, HouseholdName};
use crate::domain::{DisplayName, Email};

/// Marks the ids of invitations.
pub(crate) enum InvitationMark {}

/// An invitation into a household.
pub(crate) type InvitationId = Id<InvitationMark>;

/// How long an invitation can be accepted.
pub(crate) const INVITATION_LIFETIME: TimeDelta = TimeDelta::days(7);

/// The most open invitations that one household may have.
pub(crate) const MOST_INVITATIONS: u64 = 20;

/// An invitation: while it is open, whoever has its code may join once.
#[derive(Debug, Clone)]
pub(crate) struct Invitation {
    pub(crate) id: InvitationId,
    pub(crate) household: HouseholdId,
    /// What whoever accepts it becomes.
    pub(crate) role: Role,
    pub(crate) invited_by: UserId,
    pub(crate) code: CodeHash,
    /// Where the code is mailed to; `None` when it is handed to whoever invites, to read it aloud.
    pub(crate) email: Option<Email>,
    pub(crate) created_at: DateTime<Utc>,
    pub(crate) expires_at: DateTime<Utc>,
    pub(crate) end: Option<InvitationEnd>,
}

/// How an invitation ends before its time. It is stored by these names.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum InvitationEnd {
    Accepted,
    Declined,
    Revoked,
    /// A newer one went to the same address.
    Replaced,
}

/// What became of an invitation so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum InvitationState {
    Open,
    Expired,
    Ended(InvitationEnd),
}

impl Invitation {
    pub(crate) fn state(&self, now: DateTime<Utc>) -> InvitationState {
        match self.end {
            Some(end) => InvitationState::Ended(end),
            None if self.expires_at <= now => InvitationState::Expired,
            None => InvitationState::Open,
        }
    }
}

/// How somebody names the invitation that they answer.
#[derive(Debug, Clone)]
pub(crate) enum Answered {
    /// By its code, hashed with every key that is known.
    Code(Vec<CodeHash>),
    /// By its id, which counts for the address that it was sent to, and that the person has proven to be theirs.
    Id(InvitationId, Email),
}

/// An open invitation as the person sees it whose address it was sent to.
#[derive(Debug, Clone)]
pub(crate) struct ReceivedInvitation {
    pub(crate) invitation: Invitation,
    pub(crate) household: HouseholdName,
    /// What they are called who invite; `None` when they have no account any more.
    pub(crate) invited_by: Option<DisplayName>,
}
