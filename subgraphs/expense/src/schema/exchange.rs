use async_graphql::{Enum, SimpleObject};

use super::money::Money;
use super::scalars::{Date, Decimal};
use crate::domain::{Basis, Contents};

/// What an expense in a foreign currency was worth in its household's own: as somebody said, and kept with the expense. It
/// counts in totals that convert, and nowhere else: shares, balances and plans are in the currency that was paid.
#[derive(SimpleObject)]
pub(super) struct ExpenseExchange {
    /// What the expense was worth. From a rate it is the amount times the rate, rounded to the nearest smallest unit of the
    /// currency; of two that are as near, to the even one.
    worth: Money,
    /// How much of the currency of `worth` one unit of the expense's currency was worth, without zeros at its end. With the
    /// basis `CHARGED` it is what follows from the amounts, rounded to twelve decimals.
    rate: Decimal,
    /// Which of the two was given.
    basis: ExpenseExchangeBasis,
    /// The day of the rate, or of the charge.
    date: Date,
    /// Where it was read: `ECB reference rate`, `card statement`.
    source: Option<String>,
}

/// What an expense's worth in another currency is known from.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub(super) enum ExpenseExchangeBasis {
    /// A rate was given, and `worth` follows from it. It stays when the amount is edited in the same currency.
    Rate,
    /// What was charged for the expense was given: that is `worth`, and `rate` follows from it.
    Charged,
}

/// What these contents say of it.
pub(super) fn of(contents: &Contents) -> Option<ExpenseExchange> {
    let exchange = contents.exchange.as_ref()?;
    Some(ExpenseExchange {
        worth: contents.worth()?.into(),
        rate: Decimal(exchange.rate(contents.amount)),
        basis: match exchange.basis {
            Basis::Rate(_) => ExpenseExchangeBasis::Rate,
            Basis::Charged(_) => ExpenseExchangeBasis::Charged,
        },
        date: Date(exchange.on),
        source: exchange.source.clone(),
    })
}
