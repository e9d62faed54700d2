use async_graphql::{ComplexObject, Context, Enum, InputObject, SimpleObject};
use constellation_shared::error::ApiError;

use super::filter::{self, ExpenseFilter};
use super::loaders::Loaders;
use super::money::Money;
use super::user::User;
use crate::domain::{self, Comparison, Group, Grouping, MOST_TOTALS, Month, Readable, Total};
use crate::store::{TotalsError, TotalsQuery};

/// The exact sum of some expenses in one currency. Amounts in two currencies are never added, unless the totals convert: then
/// an expense with an exchange counts as what it was worth.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct ExpenseTotal {
    /// The category, when grouped by category; null for the expenses without one. Of spellings that differ only in case
    /// it is the one that sorts first.
    category: Option<String>,
    /// The merchant, when grouped by merchant; null for the expenses without one. Of spellings that differ only in case it
    /// is the one that sorts first.
    merchant: Option<String>,
    /// The tag, when grouped by tag; null for the expenses without any.
    tag: Option<String>,
    /// The person, when grouped by member; null otherwise.
    member: Option<User>,
    /// The month as `YYYY-MM`, when grouped by month; null otherwise.
    month: Option<String>,
    /// The year, when grouped by year; null otherwise.
    year: Option<i32>,
    #[graphql(skip)]
    total: Total,
}

/// The exact sum of some expenses in one currency. Amounts in two currencies are never added, unless the totals convert: then
/// an expense with an exchange counts as what it was worth.
#[ComplexObject]
impl ExpenseTotal {
    /// The sum, exact whatever its size: it may be more than the amount of one expense can be.
    async fn total(&self) -> Money {
        Money::sum(self.total.sum, self.total.currency)
    }

    /// How many expenses it is the sum of.
    async fn count(&self) -> i32 {
        whole(self.total.sum.count)
    }

    /// How many of these expenses were paid in another currency, and are in the sum with what they were worth. None unless the
    /// totals convert.
    async fn converted_count(&self) -> i32 {
        whole(self.total.sum.converted)
    }

    /// The sum in the month that is compared with; null when none is.
    async fn earlier(&self) -> Option<EarlierTotal> {
        self.total.earlier.map(|earlier| EarlierTotal {
            total: Money::sum(earlier, self.total.currency),
            count: whole(earlier.count),
            converted_count: whole(earlier.converted),
            change: Money::sum(self.total.sum.minus(earlier), self.total.currency),
        })
    }
}

/// What a total was in the month that it is compared with.
#[derive(SimpleObject)]
pub(super) struct EarlierTotal {
    /// The sum in that month.
    total: Money,
    /// How many expenses it is the sum of.
    count: i32,
    /// How many of these were paid in another currency, and are in the sum with what they were worth.
    converted_count: i32,
    /// How much more the total is now; negative when it is less.
    change: Money,
}

/// What totals are made for. There is always one for each currency.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::Grouping")]
pub enum ExpenseGrouping {
    /// For each category and currency: categories by name, the expenses without one last.
    Category,
    /// For each merchant and currency: merchants by name without regard to case, the expenses without one last.
    Merchant,
    /// For each tag and currency: tags by name, the expenses without any last. An expense with several tags counts for each
    /// of them, so these totals may be more than all together.
    Tag,
    /// For each person and currency: what they bear of the expenses. Of an expense in no household that is its owner.
    Member,
    /// For each month and currency: the earliest month first.
    Month,
    /// For each year and currency: the earliest year first.
    Year,
    /// For each currency.
    Currency,
}

/// Two months to compare.
#[derive(InputObject)]
pub(super) struct MonthComparison {
    /// The month, as `YYYY-MM`.
    month: String,
    /// The month that it is compared with, as `YYYY-MM`; the one before it when it is not given.
    with: Option<String>,
}

/// The question that was asked, checked.
pub(super) fn parse(
    filter: Option<ExpenseFilter>,
    group_by: ExpenseGrouping,
    compare: Option<MonthComparison>,
    convert: bool,
) -> Result<TotalsQuery, ApiError> {
    let filter = filter::parse(filter)?;
    let grouping = group_by.into();
    let compare = compare.map(MonthComparison::parse).transpose()?;
    if compare.is_some() && matches!(grouping, Grouping::Month | Grouping::Year) {
        return Err(ApiError::bad_input(
            "groupBy",
            "Two months are compared already: group by something else than the time.",
        ));
    }
    if compare.is_some() && (filter.date_from.is_some() || filter.date_to.is_some()) {
        return Err(ApiError::bad_input(
            "filter",
            "The months that are compared say which days are meant: leave `dateFrom` and `dateTo` out.",
        ));
    }
    Ok(TotalsQuery {
        filter,
        grouping,
        compare,
        convert,
    })
}

/// The totals of what may be read; none of what may not.
pub(super) async fn list(
    ctx: &Context<'_>,
    readable: Option<Readable>,
    query: TotalsQuery,
) -> Result<Vec<ExpenseTotal>, ApiError> {
    let Some(readable) = readable else {
        return Ok(Vec::new());
    };
    let grouping = query.grouping;
    let totals = Loaders::of(ctx).totals(readable, query).await?;
    let totals = totals.iter().cloned();
    Ok(totals.map(|total| ExpenseTotal::new(total, grouping)).collect())
}

impl MonthComparison {
    fn parse(self) -> Result<Comparison, ApiError> {
        let read = |argument, text: &str| {
            text.parse()
                .map_err(|invalid: domain::InvalidMonth| ApiError::bad_input(argument, invalid.to_string()))
        };
        let month: Month = read("compare.month", &self.month)?;
        let with = match self.with {
            Some(with) => read("compare.with", &with)?,
            None => month
                .before()
                .ok_or_else(|| ApiError::bad_input("compare.month", domain::InvalidMonth.to_string()))?,
        };
        if with == month {
            return Err(ApiError::bad_input(
                "compare.with",
                "A month is compared with another one.",
            ));
        }
        Ok(Comparison { month, with })
    }
}

impl ExpenseTotal {
    pub(super) fn new(total: Total, grouping: Grouping) -> Self {
        let name = |of: Grouping| match &total.group {
            Group::Named(name) if of == grouping => Some(name.clone()),
            _ => None,
        };
        Self {
            category: name(Grouping::Category),
            merchant: name(Grouping::Merchant),
            tag: name(Grouping::Tag),
            member: match total.group {
                Group::Member(member) => Some(User(member)),
                _ => None,
            },
            month: match &total.group {
                Group::Month(month) => Some(month.clone()),
                _ => None,
            },
            year: match total.group {
                Group::Year(year) => Some(year),
                _ => None,
            },
            total,
        }
    }
}

fn whole(count: i64) -> i32 {
    i32::try_from(count).unwrap_or(i32::MAX)
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
