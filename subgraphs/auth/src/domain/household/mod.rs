//! Households: who belongs to them, as what, and who may change that.

mod code;
mod households;
mod invitation;
mod invitations;
mod name;
mod permission;
mod problem;
mod rules;
mod zone;

pub(crate) use code::{CodeHash, InvitationCode};
pub(crate) use households::{Households, NewHousehold};
pub(crate) use invitation::{
    Answered, INVITATION_LIFETIME, Invitation, InvitationEnd, InvitationId, InvitationState,
    MOST_INVITATIONS, ReceivedInvitation,
};
pub(crate) use invitations::{Invitations, Named};
pub(crate) use name::HouseholdName;
pub(crate) use permission::Permission;
pub(crate) use problem::{HouseholdError, Problem};
pub(crate) use rules::{FormerMember, Household, Member};
pub(crate) use zone::TimeZone;
