//! Exact money: a whole number of the currency's smallest units. No float is anywhere near it.

mod amount;
mod currency;
mod decimal;

pub(crate) use amount::{InvalidAmount, Money};
pub(crate) use currency::Currency;
pub(crate) use decimal::Decimal;
