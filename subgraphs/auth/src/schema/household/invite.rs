use async_graphql::{Context, ID, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::invitation::HouseholdInvitation;
use super::member::HouseholdRole;
use super::problems::user_errors;
use super::{address, given, invitations};
use crate::domain::{HouseholdError, InvitationId, InvitationState};

#[derive(Default)]
pub(crate) struct InviteMutation;

#[Object]
impl InviteMutation {
    /// Invites somebody into a household. Owners may. Without an address, the answer has a code to read aloud, which lets one
    /// person in. With one, a mail brings the code there, and nobody else is told it: whoever reads the mail may join,
    /// with an account of whatever address. Whether the address has an account is not told. Mails are
    /// limited by person, by household and by address: too many are `RATE_LIMITED`.
    async fn invite_to_household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who becomes what.")] input: InviteToHouseholdInput,
    ) -> Result<InviteToHouseholdPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let invited = async {
            let (household, role) = (given(&input.household_id)?, input.role.into());
            let invitations = invitations(ctx);
            if let Some(email) = &input.email {
                let invited = invitations.invite_by_mail(viewer, household, role, email, address(ctx));
                return invited.await.map(|invitation| (invitation, None));
            }
            let (invitation, code) = invitations.invite(viewer, household, role).await?;
            Ok((invitation, Some(code.reveal())))
        };
        match invited.await {
            Ok((invitation, code)) => Ok(InviteToHouseholdPayload {
                invitation: Some(HouseholdInvitation::new(invitation, InvitationState::Open)),
                code,
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
            let invitation = invitation.unwrap_or(InvitationId::from_bytes([0; 16]));
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

/// Who is invited into what.
#[derive(InputObject)]
struct InviteToHouseholdInput {
    /// The household.
    household_id: ID,
    /// What whoever accepts becomes.
    role: HouseholdRole,
    /// The address that the invitation is mailed to. An open one of this household that went there before ends by that.
    email: Option<String>,
}

/// What came of inviting somebody.
#[derive(SimpleObject)]
struct InviteToHouseholdPayload {
    /// The invitation; null when there are user errors.
    invitation: Option<HouseholdInvitation>,
    /// The code: ten letters such as `BCDFG-HJKLM`, without vowels. It is told now and never again. Case, spaces and hyphens
    /// make no difference. Null when it was mailed, and when there are user errors.
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
        /// No mail could be sent to the address.
        EmailInvalid,
        /// The household has 20 open invitations.
        TooManyInvitations,
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
