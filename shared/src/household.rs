//! Households, as far as every subgraph knows them: what an access token says of the ones that its holder belongs to.
//!
//! Auth owns them and decides who belongs to them. The other subgraphs ask nobody: a person's token carries each
//! household with its members, and a token that has been overtaken by a change is refused within seconds.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::id::{Id, UserId};

/// Marks the ids of households.
pub enum HouseholdKind {}
/// A household.
pub type HouseholdId = Id<HouseholdKind>;

/// The most households that one person may belong to. With [`MOST_MEMBERS`] it keeps the largest access token within what
/// proxies take as a header.
pub const MOST_HOUSEHOLDS: usize = 5;
/// The most people that one household may have.
pub const MOST_MEMBERS: usize = 20;

/// What a person is in a household.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Role {
    /// Decides about the household itself and who belongs to it.
    Owner,
    /// Takes part in everything.
    Adult,
    /// Takes part, with an adult to look after their account.
    Child,
    /// Sees, and changes nothing.
    Viewer,
}

/// A household that somebody belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Membership {
    /// The household.
    pub id: HouseholdId,
    /// Its own currency: the code of ISO 4217.
    pub currency: String,
    /// Where its days begin and end: a name of the IANA time zone database.
    pub zone: String,
    /// Everybody who belongs to it, whoever's membership this is among them.
    pub members: BTreeMap<UserId, Role>,
}
