use async_graphql::{InputObject, SimpleObject};

use super::scalars::{CurrencyCode, Decimal};
use crate::domain;

/// An exact amount of money in one currency.
#[derive(SimpleObject)]
pub(super) struct Money {
    /// The amount in the currency's main unit, with exactly as many decimals as the currency has: `"12.50"` EUR,
    /// `"1250"` JPY, `"1.250"` KWD.
    amount: Decimal,
    /// The currency.
    currency: CurrencyCode,
}

/// An exact amount of money in one currency.
#[derive(InputObject)]
pub(super) struct MoneyInput {
    /// The amount in the currency's main unit: `"12.50"`. More decimals than the currency has are refused, never rounded,
    /// even if they are zeros. Up to 9,223,372,036,854,775,807 of the currency's smallest units.
    pub amount: Decimal,
    /// The currency.
    pub currency: CurrencyCode,
}

impl From<domain::Money> for Money {
    fn from(money: domain::Money) -> Self {
        Self {
            amount: Decimal(money.amount()),
            currency: CurrencyCode(money.currency()),
        }
    }
}

impl Money {
    /// A sum, which knows no largest amount.
    pub(super) const fn sum(sum: domain::Sum, currency: domain::Currency) -> Self {
        Self {
            amount: Decimal(sum.amount(currency)),
            currency: CurrencyCode(currency),
        }
    }
}

impl Money {
    /// So much of a currency's main unit, however much that is.
    pub(super) const fn of(amount: domain::Decimal, currency: domain::Currency) -> Self {
        Self {
            amount: Decimal(amount),
            currency: CurrencyCode(currency),
        }
    }
}

impl MoneyInput {
    /// What the domain checks.
    pub(super) const fn into_raw(self) -> (domain::Decimal, domain::Currency) {
        (self.amount.0, self.currency.0)
    }
}
