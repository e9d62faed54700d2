use async_graphql::{Context, ID, InputObject, Object};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::member::HouseholdRole;
use super::problems::{household_payload, user_errors};
use super::{given, households, person};
use crate::domain::HouseholdError;

#[derive(Default)]
pub(crate) struct MembersMutation;

#[Object]
impl MembersMutation {
    /// Makes something else of a member. Owners may. Everybody's access tokens tell of it, so all members have to refresh.
    async fn change_member_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who becomes what.")] input: ChangeMemberRoleInput,
    ) -> Result<ChangeMemberRolePayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let changed = async {
            let (id, member) = (given(&input.household_id)?, person(&input.user_id));
            households(ctx)
                .change_role(viewer, id, member, input.role.into())
                .await
        };
        ChangeMemberRolePayload::of(viewer, changed.await)
    }

    /// Takes a member out of a household. Owners may. What they see of it ends within seconds.
    async fn remove_member(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who is taken out of what.")] input: RemoveMemberInput,
    ) -> Result<RemoveMemberPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let removed = async {
            let (id, member) = (given(&input.household_id)?, person(&input.user_id));
            households(ctx).remove(viewer, id, member).await
        };
        RemoveMemberPayload::of(viewer, removed.await)
    }

    /// Leaves a household. Its last owner makes another member an owner first. When its only member leaves, the household
    /// is dissolved, and nobody can see it or its ledger any more: ask for `exportMyData` before. Children are taken out by an owner.
    async fn leave_household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What to leave.")] input: LeaveHouseholdInput,
    ) -> Result<LeaveHouseholdPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let left = async { households(ctx).leave(viewer, given(&input.household_id)?).await };
        match left.await {
            Ok(_) => Ok(LeaveHouseholdPayload {
                left: true,
                refresh_required: true,
                user_errors: Vec::new(),
            }),
            Err(HouseholdError::Problem(problem)) => Ok(LeaveHouseholdPayload {
                left: false,
                refresh_required: false,
                user_errors: vec![problem.try_into()?],
            }),
            Err(fault) => Err(fault.into()),
        }
    }
}

/// Who becomes what.
#[derive(InputObject)]
struct ChangeMemberRoleInput {
    /// The household.
    household_id: ID,
    /// The member.
    user_id: ID,
    /// What they become.
    role: HouseholdRole,
}

household_payload! {
    /// What came of changing a member's role.
    ChangeMemberRolePayload,
    /// The household as it is now; null when there are user errors.
    household,
    ChangeMemberRoleUserError
}

user_errors! {
    /// Why a role could not be changed.
    ChangeMemberRoleUserError,
    /// The reasons why a role could not be changed.
    ChangeMemberRoleErrorCode {
        /// There is no such household, or you do not belong to it.
        NotFound,
        /// You belong to it, but only owners may do this.
        Forbidden,
        /// Nobody with this id belongs to the household.
        MemberNotFound,
        /// It is a child without an e-mail address, whose account only the adults of this household can recover.
        ManagedAccount,
        /// It is the only owner. Make another member an owner first.
        LastOwner,
    }
}

/// Who is taken out of what.
#[derive(InputObject)]
struct RemoveMemberInput {
    /// The household.
    household_id: ID,
    /// The member.
    user_id: ID,
}

household_payload! {
    /// What came of taking a member out.
    RemoveMemberPayload,
    /// The household as it is now; null when there are user errors, and when it was yourself whom you took out.
    household,
    RemoveMemberUserError
}

user_errors! {
    /// Why a member could not be taken out.
    RemoveMemberUserError,
    /// The reasons why a member could not be taken out.
    RemoveMemberErrorCode {
        /// There is no such household, or you do not belong to it.
        NotFound,
        /// You belong to it, but only owners may do this.
        Forbidden,
        /// Nobody with this id belongs to the household.
        MemberNotFound,
        /// It is a child without an e-mail address, whose account only the adults of this household can recover.
        ManagedAccount,
        /// It is the only owner. Make another member an owner first.
        LastOwner,
    }
}

/// What to leave.
#[derive(InputObject)]
struct LeaveHouseholdInput {
    /// The household.
    household_id: ID,
}

/// What came of leaving a household.
#[derive(async_graphql::SimpleObject)]
struct LeaveHouseholdPayload {
    /// Whether you do not belong to it any more.
    left: bool,
    /// Whether your access token tells what is no longer so. Get a new one with `refresh` now: within seconds the present
    /// one is refused everywhere.
    refresh_required: bool,
    /// Why nothing was done; empty when it was.
    user_errors: Vec<LeaveHouseholdUserError>,
}

user_errors! {
    /// Why a household could not be left.
    LeaveHouseholdUserError,
    /// The reasons why a household could not be left.
    LeaveHouseholdErrorCode {
        /// There is no such household, or you do not belong to it.
        NotFound,
        /// You belong to it as a child. An owner can take you out.
        Forbidden,
        /// You are its only owner, and not alone. Make another member an owner first.
        LastOwner,
    }
}
