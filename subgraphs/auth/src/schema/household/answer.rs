use async_graphql::{Context, ID, Object, OneofObject, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::problems::{household_payload, user_errors};
use super::{address, invitations};
use crate::domain::{HouseholdError, InvitationId, Named};

#[derive(Default)]
pub(crate) struct AnswerMutation;

#[Object]
impl AnswerMutation {
    /// Joins the household that an invitation is for, which is spent by that. Whoever has the code may, whatever their address;
    /// without the code, whoever has proven the address that it was mailed to. Wrong codes are counted, and who sends
    /// many waits.
    async fn accept_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation.")] input: AcceptInvitationInput,
    ) -> Result<AcceptInvitationPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let named = match input {
            AcceptInvitationInput::Code(code) => Named::Code(code),
            AcceptInvitationInput::InvitationId(id) => named(&id),
        };
        let accepted = invitations(ctx).accept(viewer, &named, address(ctx)).await;
        AcceptInvitationPayload::of(viewer, accepted)
    }

    /// Says no to an invitation, which is over by that. Whoever may accept it may.
    async fn decline_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The invitation.")] input: DeclineInvitationInput,
    ) -> Result<DeclineInvitationPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let named = match input {
            DeclineInvitationInput::Code(code) => Named::Code(code),
            DeclineInvitationInput::InvitationId(id) => named(&id),
        };
        match invitations(ctx).decline(viewer, &named, address(ctx)).await {
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
}

/// The invitation with this id. What is no id at all is one that does not exist.
fn named(id: &ID) -> Named {
    Named::Id(id.parse().unwrap_or(InvitationId::from_bytes([0; 16])))
}

/// The invitation to accept, by exactly one of these.
#[derive(OneofObject)]
enum AcceptInvitationInput {
    /// Its code, as `inviteToHousehold` or the mail gave it.
    Code(String),
    /// Its id, as `me.invitations` gives it to whoever has proven the address that it was mailed to.
    InvitationId(ID),
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
        /// No open invitation has this code, or this id and an address that you have proven.
        InvitationInvalid,
        /// The invitation is older than 7 days.
        InvitationExpired,
        /// You belong to the household already. The code is still good for somebody else.
        AlreadyMember,
        /// The household has 20 members.
        HouseholdFull,
        /// You belong to 5 households, and nobody can belong to more.
        TooManyHouseholds,
        /// Your account has no e-mail address, and belongs to the household that it was made in.
        EmailRequired,
    }
}

/// The invitation to decline, by exactly one of these.
#[derive(OneofObject)]
enum DeclineInvitationInput {
    /// Its code, as `inviteToHousehold` or the mail gave it.
    Code(String),
    /// Its id, as `me.invitations` gives it to whoever has proven the address that it was mailed to.
    InvitationId(ID),
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
        /// No open invitation has this code, or this id and an address that you have proven.
        InvitationInvalid,
        /// The invitation is older than 7 days.
        InvitationExpired,
    }
}
