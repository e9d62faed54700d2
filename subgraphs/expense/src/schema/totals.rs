use async_graphql::{Enum, SimpleObject};
use constellation_shared::error::ApiError;

use super::money::Money;
use crate::domain::{self, MOST_TOTALS, Total};
use crate::store::TotalsError;

/// The exact sum of some expenses in one currency. Amounts in two currencies are never added.
#[derive(SimpleObject)]
pub(super) struct ExpenseTotal {
    /// The category, when grouped by category; null for the expenses without one. Of spellings that differ only in case
    /// it is the one that sorts first.
    category: Option<String>,
    /// The month as `YYYY-MM`, when grouped by month; null otherwise.
    month: Option<String>,
    /// The sum, exact whatever its size: it may be more than the amount of one expense can be.
    total: Money,
    /// How many expenses it is the sum of.
    count: i32,
}

/// What totals are made for. There is always one for each currency.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Grouping")]
pub enum ExpenseGrouping {
    /// For each category and currency: categories by name, the expenses without one last.
    Category,
    /// For each month and currency: the earliest month first.
    Month,
    /// For each currency.
    Currency,
}

impl From<Total> for ExpenseTotal {
    fn from(total: Total) -> Self {
        Self {
            total: Money::total(&total),
            category: total.category,
            month: total.month,
            count: i32::try_from(total.count).unwrap_or(i32::MAX),
        }
    }
}

impl From<TotalsError> for ApiError {
    fn from(error: TotalsError) -> Self {
        match error {
            TotalsError::TooMany => Self::bad_input(
                "filter",
                format!("These would be more than {MOST_TOTALS} totals. Ask for fewer expenses at a time."),
            ),
            TotalsError::Store(error) => error.into(),
        }
    }
}
