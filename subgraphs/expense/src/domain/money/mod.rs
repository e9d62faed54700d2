//! Exact money: a whole number of the currency's smallest units. No float is anywhere near it.

mod amount;
mod currency;
mod decimal;

pub use amount::{InvalidAmount, Money};
pub use currency::{Currency, InvalidCurrency};
pub use decimal::{Decimal, InvalidDecimal};
