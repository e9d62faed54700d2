use super::money::{Currency, Decimal};

/// What totals are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grouping {
    /// Each category.
    Category,
    /// Each month.
    Month,
    /// Each currency.
    Currency,
}

/// The sum of some expenses in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total {
    /// The category, when totals are made for each; none for the expenses without one.
    pub category: Option<String>,
    /// The month as `YYYY-MM`, when totals are made for each.
    pub month: Option<String>,
    /// The sum in the currency's smallest units: it may be more than one amount can be.
    pub minor: i128,
    /// The currency.
    pub currency: Currency,
    /// How many expenses it is of.
    pub count: i64,
}

/// The most totals of one answer.
pub(crate) const MOST_TOTALS: usize = 1000;

impl Total {
    /// The sum in the currency's main unit.
    #[must_use]
    pub(crate) const fn sum(&self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }
}

/// The order of an answer: by month, by category without regard to case and those without one last, by currency.
pub(crate) fn sort_totals(totals: &mut [Total]) {
    totals.sort_by_cached_key(|total| {
        let category = total.category.as_deref().map(super::text::lowercase);
        (total.month.clone(), category.is_none(), category, total.currency)
    });
}
