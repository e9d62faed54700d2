use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{CurrencyCode, DateTime};

use super::invitation::{HouseholdInvitation, HouseholdInvitationState};
use super::invitations;
use super::member::HouseholdMember;
use crate::domain::{self, InvitationState};

/// People who live together, or share what they spend. Only those who belong to it see it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct Household {
    /// The household's id, the same for ever.
    id: ID,
    /// What its members call it.
    name: String,
    /// The currency that it counts in. It never changes.
    currency: CurrencyCode,
    /// Where its days begin and end: a name of the IANA time zone database, such as `Europe/Berlin`.
    time_zone: String,
    /// Everybody who belongs to it, in the order in which they joined: 20 at most.
    members: Vec<HouseholdMember>,
    /// When it was founded.
    created_at: DateTime,
    #[graphql(skip)]
    as_stored: domain::Household,
}

#[ComplexObject]
impl Household {
    /// The invitations, the oldest first: the newest 100 of those in the given states; those that have ended are forgotten a
    /// week after they would have expired. Only owners see them; null for anybody else.
    async fn invitations(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "The states that are asked for. Without it, those that are open: 20 at most.",
            default_with = "vec![HouseholdInvitationState::Open]"
        )]
        states: Vec<HouseholdInvitationState>,
    ) -> Result<Option<Vec<HouseholdInvitation>>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let states: Vec<_> = states.into_iter().map(InvitationState::from).collect();
        let found = invitations(ctx).of(viewer, &self.as_stored, &states).await?;
        let shown = |(invitation, state)| HouseholdInvitation::new(invitation, state);
        Ok(found.map(|found| found.into_iter().map(shown).collect()))
    }
}

impl From<domain::Household> for Household {
    fn from(household: domain::Household) -> Self {
        Self {
            id: household.id.into(),
            name: household.name.as_str().to_owned(),
            currency: CurrencyCode(household.currency),
            time_zone: household.zone.name().to_owned(),
            members: household.members.iter().map(HouseholdMember::from).collect(),
            created_at: household.created_at.into(),
            as_stored: household,
        }
    }
}
