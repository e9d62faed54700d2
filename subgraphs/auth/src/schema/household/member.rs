use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::DateTime;
use constellation_shared::household;
use constellation_shared::id::UserId;

use crate::domain;
use crate::schema::user::{User, find};

/// What a person is in a household.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(name = "HouseholdRole", remote = "household::Role")]
pub(crate) enum HouseholdRole {
    /// Decides about the household itself and who belongs to it, beside what an adult may. A household has at least one.
    Owner,
    /// Takes part in everything, and looks after the accounts of children.
    Adult,
    /// Takes part, with an adult to look after their account.
    Child,
    /// Sees, and changes nothing.
    Viewer,
}

/// Somebody who belongs to a household.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct HouseholdMember {
    #[graphql(skip)]
    id: UserId,
    /// What they are in it.
    role: HouseholdRole,
    /// When they joined it.
    joined_at: DateTime,
    /// Whether it is a child whose account has no e-mail address: owners and adults look after it, and set a new password with
    /// `resetChildPassword`.
    managed: bool,
}

#[ComplexObject]
impl HouseholdMember {
    /// The person. Of others only the id and the name are seen.
    async fn user(&self, ctx: &Context<'_>) -> Result<User, ApiError> {
        let viewer = Caller::require(ctx)?;
        let found = find(ctx, viewer, self.id).await?;
        // The viewer may have been taken out since the household was read.
        Ok(found.unwrap_or_else(|| User::hidden(self.id)))
    }
}

impl From<&domain::Member> for HouseholdMember {
    fn from(member: &domain::Member) -> Self {
        Self {
            id: member.user,
            role: member.role.into(),
            joined_at: member.joined_at.into(),
            managed: member.managed,
        }
    }
}
