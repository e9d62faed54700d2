use async_graphql::{Enum, InputObject};
use constellation_shared::error::ApiError;

use super::scalars::{CurrencyCode, Date, Decimal};
use crate::domain::{Filter, InvalidFilter, RawFilter, Voided};

/// Which expenses are meant. Every field that is given must hold.
#[derive(InputObject, Default)]
pub(super) struct ExpenseFilter {
    /// On this day or later.
    date_from: Option<Date>,
    /// On this day or earlier.
    date_to: Option<Date>,
    /// In any of these categories, without regard to case; null in the list stands for expenses without a category. An
    /// empty list is no condition. Up to 50.
    categories: Option<Vec<Option<String>>>,
    /// The description, the merchant or the notes contain this text, without regard to case and accents: `cafe` finds
    /// `Café`. It is found literally, also inside of words. Up to 100 characters; a
    /// blank text is no condition, accents alone are refused.
    text: Option<String>,
    /// The amount lies in this range.
    amount: Option<AmountRange>,
    /// In this currency.
    currency: Option<CurrencyCode>,
    /// With all of these tags, without regard to case. An empty list is no condition. Up to 20.
    tags: Option<Vec<String>>,
    /// Whether voided expenses are meant.
    #[graphql(default_with = "Some(VoidedFilter::Exclude)")]
    voided: Option<VoidedFilter>,
}

/// A range of amounts in one currency, its ends included.
#[derive(InputObject)]
pub(super) struct AmountRange {
    /// The currency: amounts in another one are never in the range.
    currency: CurrencyCode,
    /// The least amount.
    min: Option<Decimal>,
    /// The largest amount.
    max: Option<Decimal>,
}

/// Whether voided expenses are meant.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Default)]
pub enum VoidedFilter {
    /// Only expenses that are not voided.
    #[default]
    Exclude,
    /// Both.
    Include,
    /// Only voided expenses.
    Only,
}

/// The filter that was given, checked.
pub(super) fn parse(filter: Option<ExpenseFilter>) -> Result<Filter, ApiError> {
    let filter = filter.unwrap_or_default();
    let raw = RawFilter {
        date_from: filter.date_from.map(|date| date.0),
        date_to: filter.date_to.map(|date| date.0),
        categories: filter.categories.unwrap_or_default(),
        text: filter.text,
        amount: filter.amount.map(|range| {
            let bound = |bound: Option<Decimal>| bound.map(|bound| bound.0);
            (range.currency.0, bound(range.min), bound(range.max))
        }),
        currency: filter.currency.map(|currency| currency.0),
        tags: filter.tags.unwrap_or_default(),
        voided: match filter.voided.unwrap_or_default() {
            VoidedFilter::Exclude => Voided::Exclude,
            VoidedFilter::Include => Voided::Include,
            VoidedFilter::Only => Voided::Only,
        },
    };
    Filter::parse(raw).map_err(|InvalidFilter { argument, message }| ApiError::bad_input(argument, message))
}
