//! The scalars of money and days. Every one is a JSON string, so no client can lose a digit or a time zone.

mod date;
mod decimal;

pub(super) use constellation_shared::graphql::CurrencyCode;
pub(super) use date::Date;
pub(super) use decimal::Decimal;
