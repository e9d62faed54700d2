//! Households in the graph.

mod answer;
mod children;
mod create;
mod invitation;
mod invite;
mod loader;
mod member;
mod members;
mod problems;
mod types;
mod update;

use std::net::IpAddr;
use std::sync::Arc;

use async_graphql::{Context, ID};
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;

pub(super) use answer::AnswerMutation;
pub(super) use children::ChildrenMutation;
pub(super) use create::CreateHouseholdMutation;
pub(super) use invitation::ReceivedInvitation;
pub(super) use invite::InviteMutation;
pub(super) use loader::{HouseholdLoader, household_loader};
pub(super) use members::MembersMutation;
pub(super) use types::Household;
pub(super) use update::UpdateHouseholdMutation;

use super::device::device_of;
use crate::domain::{Households, Invitations, Problem};

pub(super) fn invitations<'a>(ctx: &Context<'a>) -> &'a Invitations {
    ctx.data_unchecked::<Arc<Invitations>>()
}

/// Where a request comes from, as far as it is known.
fn address(ctx: &Context<'_>) -> Option<IpAddr> {
    device_of(ctx, None).address
}

fn households<'a>(ctx: &Context<'a>) -> &'a Households {
    ctx.data_unchecked::<Arc<Households>>()
}

/// The household that an input names. What is no id at all is one that does not exist.
fn given(id: &ID) -> Result<HouseholdId, Problem> {
    id.parse().map_err(|_| Problem::NotFound)
}

/// The person whom an input names. What is no id at all is nobody's.
fn person(id: &ID) -> UserId {
    id.parse().unwrap_or(UserId::from_bytes([0; 16]))
}
