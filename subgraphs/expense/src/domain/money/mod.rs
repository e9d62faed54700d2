//! Exact money: a whole number of the currency's smallest units. No float is anywhere near it.

mod amount;
mod decimal;
mod rate;

pub(crate) use amount::{InvalidAmount, Money};
pub(crate) use constellation_shared::currency::Currency;
pub(crate) use decimal::Decimal;
pub(crate) use rate::{InvalidRate, Rate};
