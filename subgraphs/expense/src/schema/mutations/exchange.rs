//! How an input says what an expense was worth in another currency.

use async_graphql::{InputObject, OneofObject};

use crate::domain::{RawBasis, RawExchange};
use crate::schema::scalars::{CurrencyCode, Date, Decimal};

/// What an expense in a foreign currency was worth in its household's own. It counts in totals that convert, and changes
/// nothing about who owes whom.
#[derive(InputObject)]
pub(crate) struct ExpenseExchangeInput {
    /// A rate, or what was charged.
    basis: ExpenseExchangeBasisInput,
    /// The day of the rate, or of the charge. Left out, the day of the expense.
    date: Option<Date>,
    /// Where it was read, such as `ECB reference rate` or `card statement`: up to 100 characters in one line. A blank text is
    /// none.
    source: Option<String>,
    /// The currency that the expense was worth something in. Left out, the household's own; an expense of a household takes
    /// no other. One in no household needs it. Not the currency of the expense.
    currency: Option<CurrencyCode>,
}

/// What an expense's worth in another currency is known from.
#[derive(OneofObject)]
pub(crate) enum ExpenseExchangeBasisInput {
    /// How many units of the other currency one unit of the expense's currency was worth: `"0.9231"` for 1 USD = 0.9231 EUR.
    /// More than zero, up to 18 digits, 12 of them decimals; zeros at the end don't count. What the expense was worth is
    /// rounded to the nearest smallest unit; of two that are as near, to the even one.
    Rate(Decimal),
    /// How much of the other currency was charged for the whole expense: `"92.31"`. More than zero, and with no more
    /// decimals than that currency has.
    Charged(Decimal),
}

impl ExpenseExchangeInput {
    pub(super) fn into_raw(self) -> RawExchange {
        RawExchange {
            basis: match self.basis {
                ExpenseExchangeBasisInput::Rate(rate) => RawBasis::Rate(rate.0),
                ExpenseExchangeBasisInput::Charged(charged) => RawBasis::Charged(charged.0),
            },
            to: self.currency.map(|currency| currency.0),
            on: self.date.map(|date| date.0),
            source: self.source,
        }
    }
}
