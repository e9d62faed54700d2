use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::DateTime;

use super::member::HouseholdRole;
use super::problems::{household_payload, user_errors};
use super::{address, given, invitations};
use crate::domain::{self, HouseholdError};

#[derive(Default)]
pub(crate) struct InviteMutation;

#[Object]
impl InviteMutation {
    /// Invites somebody into a household. Owners may. The answer has a code to read aloud, which lets one person in.
    async fn invite_to_household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who becomes what.")] input: InviteToHouseholdInput,
    ) -> Result<InviteToHouseholdPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let invited = async {
            let household = given(&input.household_id)?;
            invitations(ctx)
                .invite(viewer, household, input.role.into())
                .await
        };
        match invited.await {
            Ok((invitation, code)) => Ok(InviteToHouseholdPayload {
                invitation: Some(invitation.into()),
                code: Some(code.reveal()),
                user_errors: Vec::new(),
            }),
            Err(HouseholdError::Problem(problem)) => Ok(InviteToHouseholdPayload {
                invitation: None,
                code: None,
                user_errors: vec![problem.try_into()?],
            }),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Joins the household that a code is for. The code is spent by that. Wrong codes are counted, and who sends many waits.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: AcceptInvitationInput,
    ) -> Result<AcceptInvitationPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let accepted = invitations(ctx).accept(viewer, &input.code, address(ctx)).await;
        AcceptInvitationPayload::of(viewer, accepted)
    }

    /// Says no to an invitation. Its code is good for nothing after that.
    async fn decline_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code.")] input: DeclineInvitationInput,
    ) -> Result<DeclineInvitationPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        match invitations(ctx).decline(viewer, &input.code, address(ctx)).await {
            Ok(()) => Ok(DeclineInvitationPayload {
                declined: true,
                user_errors: Vec::new(),
            }),
            Err(HouseholdError::Problem(problem)) => Ok(DeclineInvitationPayload {
                declined: false,
                user_errors: vec![problem.try_into()?],
            }),
            Err(fault) => Err(fault.into()),
        }
    }

    /// Takes an invitation back. Owners may. Its code is good for nothing after that.
    async fn revoke_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation.")] input: RevokeInvitationInput,
    ) -> Result<RevokeInvitationPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let revoked = async {
            let household = given(&input.household_id)?;
            // What is no id at all is an invitation that does not exist; whether the household does comes first.
            let invitation = input.invitation_id.parse();
            let invitation = invitation.unwrap_or(domain::InvitationId::from_bytes([0; 16]));
            invitations(ctx).revoke(viewer, household, invitation).await
        };
        match revoked.await {
            Ok(()) => Ok(RevokeInvitationPayload {
                revoked: true,
                user_errors: Vec::new(),
            }),
            Err(HouseholdError::Problem(problem)) => Ok(RevokeInvitationPayload {
                revoked: false,
                user_errors: vec![problem.try_into()?],
            }),
            Err(fault) => Err(fault.into()),
        }
    }
}

/// An open invitation into a household: whoever has its code may join, once. Only owners see it.
#[derive(SimpleObject)]
pub(crate) struct HouseholdInvitation {
    /// The invitation's id.
    id: ID,
    /// What whoever accepts it becomes.
    role: HouseholdRole,
    /// When it was made.
    created_at: DateTime,
    /// Until when it can be accepted: 7 days.
    expires_at: DateTime,
}

impl From<domain::Invitation> for HouseholdInvitation {
    fn from(invitation: domain::Invitation) -> Self {
        Self {
            id: invitation.id.into(),
            role: invitation.role.into(),
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
        }
    }
}

/// Who is invited into what.
#[derive(InputObject)]
struct InviteToHouseholdInput {
    /// The household.
    household_id: ID,
    /// What whoever accepts becomes.
    role: HouseholdRole,
}

/// What came of inviting somebody.
#[derive(SimpleObject)]
struct InviteToHouseholdPayload {
    /// The invitation; null when there are user errors.
    invitation: Option<HouseholdInvitation>,
    /// The code: ten letters such as `BCDFG-HJKLM`, without vowels. It is told now and never again. Case, spaces and hyphens
    /// make no difference. Null when there are user errors.
    code: Option<String>,
    /// Why nobody was invited; empty when somebody was.
    user_errors: Vec<InviteToHouseholdUserError>,
}

user_errors! {
    /// Why somebody could not be invited.
    InviteToHouseholdUserError,
    /// The reasons why somebody could not be invited.
    InviteToHouseholdErrorCode {
        /// There is no such household, or you do not belong to it.
        NotFound,
        /// You belong to it, but only owners may do this.
        Forbidden,
        /// The household has 20 open invitations.
        TooManyInvitations,
    }
}

/// The invitation to accept.
#[derive(InputObject)]
struct AcceptInvitationInput {
    /// Its code, as `inviteToHousehold` gave it.
    code: String,
}

household_payload! {
    /// What came of accepting an invitation.
    AcceptInvitationPayload,
    /// The household that you belong to now; null when there are user errors.
    household,
    AcceptInvitationUserError
}

user_errors! {
    /// Why an invitation could not be accepted.
    AcceptInvitationUserError,
    /// The reasons why an invitation could not be accepted.
    AcceptInvitationErrorCode {
        /// No open invitation has this code.
        InvitationInvalid,
        /// The invitation is older than 7 days.
        InvitationExpired,
        /// You belong to the household already. The code is still good for somebody else.
        AlreadyMember,
        /// The household has 20 members.
        HouseholdFull,
        /// You belong to 5 households, and nobody can belong to more.
        TooManyHouseholds,
    }
}

/// The invitation to decline.
#[derive(InputObject)]
struct DeclineInvitationInput {
    /// Its code, as `inviteToHousehold` gave it.
    code: String,
}

/// What came of declining an invitation.
#[derive(SimpleObject)]
struct DeclineInvitationPayload {
    /// Whether the invitation is over.
    declined: bool,
    /// Why nothing was done; empty when it was.
    user_errors: Vec<DeclineInvitationUserError>,
}

user_errors! {
    /// Why an invitation could not be declined.
    DeclineInvitationUserError,
    /// The reasons why an invitation could not be declined.
    DeclineInvitationErrorCode {
        /// No open invitation has this code.
        InvitationInvalid,
        /// The invitation is older than 7 days.
        InvitationExpired,
    }
}

/// The invitation to take back.
#[derive(InputObject)]
struct RevokeInvitationInput {
    /// The household that it is into.
    household_id: ID,
    /// The invitation.
    invitation_id: ID,
}

/// What came of taking an invitation back.
#[derive(SimpleObject)]
struct RevokeInvitationPayload {
    /// Whether the invitation is over.
    revoked: bool,
    /// Why nothing was done; empty when it was.
    user_errors: Vec<RevokeInvitationUserError>,
}

user_errors! {
    /// Why an invitation could not be taken back.
    RevokeInvitationUserError,
    /// The reasons why an invitation could not be taken back.
    RevokeInvitationErrorCode {
        /// There is no such household, or you do not belong to it.
        NotFound,
        /// You belong to it, but only owners may do this.
        Forbidden,
        /// The household has no such open invitation.
        InvitationNotFound,
    }
}
