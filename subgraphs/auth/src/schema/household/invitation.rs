use async_graphql::{Enum, ID, SimpleObject};
use constellation_shared::graphql::DateTime;

use super::member::HouseholdRole;
use crate::domain::{self, InvitationEnd, InvitationState};

/// An invitation into a household: while it is open, whoever has its code may join, once. Only owners see it.
#[derive(SimpleObject)]
pub(crate) struct HouseholdInvitation {
    /// The invitation's id.
    id: ID,
    /// What whoever accepts it becomes.
    role: HouseholdRole,
    /// The address that it was mailed to, as whoever invited wrote it; null where the code was to be read aloud.
    email: Option<String>,
    /// What became of it.
    state: HouseholdInvitationState,
    /// When it was made.
    created_at: DateTime,
    /// Until when it can be accepted: 7 days.
    expires_at: DateTime,
}

/// What can become of an invitation.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HouseholdInvitationState {
    /// It can be accepted.
    Open,
    /// Somebody has joined with it.
    Accepted,
    /// Somebody said no.
    Declined,
    /// An owner took it back.
    Revoked,
    /// A newer one was mailed to the same address.
    Replaced,
    /// Nobody answered in time.
    Expired,
}

/// An open invitation that was mailed to an address of one's own.
#[derive(SimpleObject)]
pub(crate) struct ReceivedInvitation {
    /// The invitation's id.
    id: ID,
    /// What the household is called that it is into.
    household_name: String,
    /// What you become if you accept.
    role: HouseholdRole,
    /// What they are called who invite you; null when they have no account any more.
    invited_by: Option<String>,
    /// When it was made.
    created_at: DateTime,
    /// Until when it can be accepted.
    expires_at: DateTime,
}

impl HouseholdInvitation {
    pub(super) fn new(invitation: domain::Invitation, state: InvitationState) -> Self {
        Self {
            id: invitation.id.into(),
            role: invitation.role.into(),
            email: invitation.email.map(|email| email.as_str().to_owned()),
            state: state.into(),
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
        }
    }
}

impl From<domain::ReceivedInvitation> for ReceivedInvitation {
    fn from(received: domain::ReceivedInvitation) -> Self {
        let invitation = received.invitation;
        Self {
            id: invitation.id.into(),
            household_name: received.household.as_str().to_owned(),
            role: invitation.role.into(),
            invited_by: received.invited_by.map(|name| name.as_str().to_owned()),
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
        }
    }
}

impl From<InvitationState> for HouseholdInvitationState {
    fn from(state: InvitationState) -> Self {
        match state {
            InvitationState::Open => Self::Open,
            InvitationState::Expired => Self::Expired,
            InvitationState::Ended(InvitationEnd::Accepted) => Self::Accepted,
            InvitationState::Ended(InvitationEnd::Declined) => Self::Declined,
            InvitationState::Ended(InvitationEnd::Revoked) => Self::Revoked,
            InvitationState::Ended(InvitationEnd::Replaced) => Self::Replaced,
        }
    }
}

impl From<HouseholdInvitationState> for InvitationState {
    fn from(state: HouseholdInvitationState) -> Self {
        match state {
            HouseholdInvitationState::Open => Self::Open,
            HouseholdInvitationState::Expired => Self::Expired,
            HouseholdInvitationState::Accepted => Self::Ended(InvitationEnd::Accepted),
            HouseholdInvitationState::Declined => Self::Ended(InvitationEnd::Declined),
            HouseholdInvitationState::Revoked => Self::Ended(InvitationEnd::Revoked),
            HouseholdInvitationState::Replaced => Self::Ended(InvitationEnd::Replaced),
        }
    }
}
