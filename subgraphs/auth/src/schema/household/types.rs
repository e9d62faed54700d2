use async_graphql::{ID, SimpleObject};
use constellation_shared::graphql::{CurrencyCode, DateTime};

use super::member::HouseholdMember;
use crate::domain;

/// People who live together, or share what they spend. Only those who belong to it see it.
#[derive(SimpleObject)]
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
        }
    }
}
