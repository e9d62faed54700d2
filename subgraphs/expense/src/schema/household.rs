use std::sync::Arc;

use async_graphql::{Context, ID, Object};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{PageArguments, complexity};
use constellation_shared::household::HouseholdId;

use super::cursor;
use super::expense::ExpenseConnection;
use super::feed::{self, HouseholdChangeConnection};
use super::filter::ExpenseFilter;
use super::loaders::Loaders;
use super::order::ExpenseOrder;
use super::settling::{LedgerCheck, MemberBalance, SettlementConnection, SettlementPlan};
use super::totals::{self, ExpenseGrouping, ExpenseTotal, MonthComparison};
use crate::domain::{Balances, Page, Plan, readable_household};

/// A household that the caller belongs to, as far as this subgraph knows one: by its id.
pub(super) struct Household(pub HouseholdId);

/// People who keep house together, and their ledger.
#[Object]
impl Household {
    /// The household's id.
    async fn id(&self) -> ID {
        ID(self.0.to_string())
    }

    /// What the household shares, as far as you may see it, and your private expenses in it.
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
        ExpenseConnection::list(
            ctx,
            readable_household(viewer, self.0),
            arguments,
            filter,
            order_by,
        )
        .await
    }

    /// Where what happens in the household has come to. Read it before you read anything else of the household; what
    /// happens later is told by `changesSince`, and by the subscription `householdChanged`, after it.
    async fn changes_cursor(&self, ctx: &Context<'_>) -> Result<String, ApiError> {
        let viewer = Caller::require(ctx)?;
        feed::end(ctx, viewer, self.0).await
    }

    /// What happened in the household, as far as you may know it, in the order in which it was written. For clients that
    /// come back, or that ask from time to time.
    #[graphql(complexity = "complexity(first, None, child_complexity)")]
    async fn changes_since(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "Only what happened after this cursor, of `changesCursor`, of a change or of `endCursor`; from the beginning without one. It is good for you and this household alone."
        )]
        after: Option<String>,
        #[graphql(desc = "How many at most: 0 to 100. 20 when it is not given.")] first: Option<i32>,
    ) -> Result<HouseholdChangeConnection, ApiError> {
        let viewer = Caller::require(ctx)?;
        feed::page(ctx, viewer, self.0, after, first).await
    }

    /// Sums of what the household shares, as far as you may see it, in a fixed order. Voided expenses don't count unless the
    /// filter says so. At most 1000 totals.
    #[graphql(complexity = "20 + child_complexity")]
    async fn totals(
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
            desc = "Whether expenses in foreign currencies count in the household's own: each as what it was worth by its exchange, and of that each member's part in proportion to their share, cut off to smallest units, with what is left over going to those of whom the most was cut off. What has no exchange is kept apart in its own currency."
        )]
        convert: bool,
    ) -> Result<Vec<ExpenseTotal>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let query = totals::parse(filter, group_by, compare, convert)?;
        totals::list(ctx, readable_household(viewer, self.0), query).await
    }

    /// What everybody is owed in every currency in which somebody is owed something, as far as you may see it; in each
    /// currency it is zero in all. Currencies are never converted.
    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn balances(&self, ctx: &Context<'_>) -> Result<Vec<MemberBalance>, ApiError> {
        let balances = self.of_balances(ctx).await?;
        Ok(balances.of_members().into_iter().map(Into::into).collect())
    }

    /// How the household settles up, in every currency in which somebody is owed something.
    #[graphql(complexity = "20 + 10 * child_complexity")]
    async fn settlement_plan(&self, ctx: &Context<'_>) -> Result<Vec<SettlementPlan>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let balances = self.of_balances(ctx).await?;
        let currencies = balances.currencies().into_iter();
        Ok(currencies
            .map(|currency| Plan::new(&balances, currency, self.0, viewer.user).into())
            .collect())
    }

    /// Everything that was paid to settle up, as far as you may see it, voided ones too; the one that was recorded last
    /// first.
    #[graphql(complexity = "complexity(first, last, child_complexity)")]
    async fn settlements(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the start: 0 to 100. 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the end: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<SettlementConnection, ApiError> {
        let viewer = Caller::require(ctx)?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let request = arguments.parse(cursor::settlement)?;
        let page = match readable_household(viewer, self.0) {
            Some(household) => Loaders::of(ctx).settlements(household, request).await?,
            None => Page::empty(),
        };
        Ok(page.into())
    }

    /// Works the ledger out anew from everything in it that you may see, and holds it against the balances. Any member may
    /// ask, and should find nothing wrong. Null for a household that you don't belong to.
    #[graphql(complexity = "200 + child_complexity")]
    async fn ledger_check(&self, ctx: &Context<'_>) -> Result<Option<LedgerCheck>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let Some(household) = readable_household(viewer, self.0) else {
            return Ok(None);
        };
        Ok(Loaders::of(ctx).check(household).await?.map(Into::into))
    }
}

impl Household {
    async fn of_balances(&self, ctx: &Context<'_>) -> Result<Arc<Balances>, ApiError> {
        let viewer = Caller::require(ctx)?;
        match readable_household(viewer, self.0) {
            Some(household) => Loaders::of(ctx).balances(household).await,
            None => Ok(Arc::default()),
        }
    }
}
