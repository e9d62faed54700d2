use async_graphql::{Context, ID, Object};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{PageArguments, complexity};
use constellation_shared::id::UserId;

use super::expense::ExpenseConnection;
use super::filter::ExpenseFilter;
use super::order::ExpenseOrder;
use super::totals::{self, ExpenseGrouping, ExpenseTotal, MonthComparison};
use crate::domain::readable;

/// A person, as far as this subgraph knows one. Whether there is such a person is for auth to say.
pub(super) struct User(pub UserId);

/// A person with an account.
#[Object]
impl User {
    /// The person's id.
    async fn id(&self) -> ID {
        ID(self.0.to_string())
    }

    /// This person's expenses that are in no household, as far as you may see them: your own. Of anybody else's there are
    /// none.
    #[graphql(complexity = "complexity(first, last, child_complexity)")]
    #[expect(
        clippy::too_many_arguments,
        reason = "they are the arguments of a Relay connection"
    )]
    async fn expenses(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the start: 0 to 100. 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the end: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
        #[graphql(desc = "Only these expenses.")] filter: Option<ExpenseFilter>,
        #[graphql(desc = "In this order; the latest day first when it is not given.")] order_by: Option<
            ExpenseOrder,
        >,
    ) -> Result<ExpenseConnection, ApiError> {
        let viewer = Caller::require(ctx)?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        ExpenseConnection::list(ctx, readable(viewer, self.0), arguments, filter, order_by).await
    }

    /// Sums of this person's expenses that are in no household and that you may see, in a fixed order. Voided expenses don't count unless the
    /// filter says so. At most 1000 totals.
    #[graphql(complexity = "20 + child_complexity")]
    async fn expense_totals(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Only of these expenses.")] filter: Option<ExpenseFilter>,
        #[graphql(desc = "What a total is made for each of, besides the currency.")]
        group_by: ExpenseGrouping,
        #[graphql(
            desc = "Only of these two months: `earlier` tells what each total was in the other one. Not together with grouping by month or year, nor with dates in the filter."
        )]
        compare: Option<MonthComparison>,
        #[graphql(
            default,
            desc = "Whether an expense that has an exchange counts as what it was worth, in the currency of that. What has none is kept apart in its own currency."
        )]
        convert: bool,
    ) -> Result<Vec<ExpenseTotal>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let query = totals::parse(filter, group_by, compare, convert)?;
        totals::list(ctx, readable(viewer, self.0), query).await
    }
}
