//! Households: who belongs to them, as what, and who may change that.

mod households;
mod name;
mod permission;
mod problem;
mod rules;
mod zone;

pub(crate) use households::{Households, NewHousehold};
pub(crate) use name::HouseholdName;
pub(crate) use permission::Permission;
pub(crate) use problem::{HouseholdError, Problem};
pub(crate) use rules::{FormerMember, Household, Member};
pub(crate) use zone::TimeZone;
