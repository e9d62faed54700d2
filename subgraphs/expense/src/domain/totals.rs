use std::collections::BTreeMap;

use constellation_shared::id::UserId;

use super::money::{Currency, Decimal};
use super::month::Month;
use super::text::lowercase;

/// What totals are made for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Grouping {
    /// Each category.
    Category,
    /// Each merchant.
    Merchant,
    /// Each tag.
    Tag,
    /// Each person who bears a part.
    Member,
    /// Each month.
    Month,
    /// Each year.
    Year,
    /// Each currency.
    Currency,
}

/// Two months that are told apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(crate) struct Comparison {
    /// The one that is asked about.
    pub month: Month,
    /// The one that it is compared with.
    pub with: Month,
}

/// What a total is of.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Group {
    /// Everything.
    All,
    /// This month, as `YYYY-MM`.
    Month(String),
    /// This year.
    Year(i32),
    /// A category, a merchant or a tag.
    Named(String),
    /// What has no category, merchant or tag.
    Unnamed,
    /// This person.
    Member(UserId),
}

/// A sum of smallest units, which may be more than one amount can be, and of how many expenses.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Sum {
    /// The sum.
    pub minor: i128,
    /// How many expenses it is of.
    pub count: i64,
    /// How many of these are counted as what they were worth, for they are in another currency.
    pub converted: i64,
}

/// The sum of some expenses in one currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Total {
    /// What it is of.
    pub group: Group,
    /// The currency.
    pub currency: Currency,
    /// The sum.
    pub sum: Sum,
    /// The same in the month that this one is compared with.
    pub earlier: Option<Sum>,
}

/// The most totals of one answer.
pub(crate) const MOST_TOTALS: usize = 1000;

impl Sum {
    /// The sum in the currency's main unit.
    #[must_use]
    pub(crate) const fn amount(self, currency: Currency) -> Decimal {
        Decimal::new(self.minor, currency.exponent())
    }

    /// How much more this is than the other, in as many expenses more.
    #[must_use]
    pub(crate) const fn minus(self, other: Self) -> Self {
        Self {
            minor: self.minor.saturating_sub(other.minor),
            count: self.count.saturating_sub(other.count),
            converted: self.converted.saturating_sub(other.converted),
        }
    }

    fn add(&mut self, other: Self) {
        // Decimals of 34 digits, each of which came from one sum in the database: far from the edge of 128 bits.
        self.minor = self.minor.saturating_add(other.minor);
        self.count = self.count.saturating_add(other.count);
        self.converted = self.converted.saturating_add(other.converted);
    }
}

/// A sum as it was made: some of these belong together.
#[derive(Debug)]
pub(crate) struct Portion {
    /// What it is of.
    pub group: Group,
    /// The currency.
    pub currency: Currency,
    /// Whether it is of the month that is compared with.
    pub earlier: bool,
    /// The sum.
    pub sum: Sum,
}

/// The answer: names that differ only in case are one, and both months stand in one total. It is ordered by month, year,
/// name without regard to case with the nameless last, person, and currency.
#[must_use]
pub(crate) fn totals(portions: impl IntoIterator<Item = Portion>, compared: bool) -> Vec<Total> {
    let mut totals: BTreeMap<(Group, Currency), Total> = BTreeMap::new();
    for portion in portions {
        let key = match &portion.group {
            Group::Named(name) => Group::Named(lowercase(name)),
            group => group.clone(),
        };
        let total = totals.entry((key, portion.currency)).or_insert_with(|| Total {
            group: portion.group.clone(),
            currency: portion.currency,
            sum: Sum::default(),
            earlier: compared.then(Sum::default),
        });
        // Of several spellings the one that sorts first: the same one every time, and capital letters sort first.
        total.group = total.group.clone().min(portion.group);
        match &mut total.earlier {
            Some(earlier) if portion.earlier => earlier.add(portion.sum),
            _ => total.sum.add(portion.sum),
        }
    }
    totals.into_values().collect()
}
