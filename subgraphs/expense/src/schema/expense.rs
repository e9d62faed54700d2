use async_graphql::connection::PageInfo;
use async_graphql::{Context, ID, Object, SimpleObject};
use constellation_shared::auth::{Caller, Viewer};
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{DateTime, PageArguments, complexity, page_info};

use super::change::ExpenseChangeConnection;
use super::cursor;
use super::exchange::{self, ExpenseExchange};
use super::filter::{self, ExpenseFilter};
use super::household::Household;
use super::loaders::Loaders;
use super::money::Money;
use super::order::ExpenseOrder;
use super::scalars::Date;
use super::sharing::{self, ExpensePayer, ExpenseShare, SplitExplanation, Visibility};
use super::user::User;
use crate::domain::{self, Category, Order, Page, Readable, history_page};
use crate::store::ListQuery;

/// Money that somebody spent. An expense is never deleted: it can be voided, and restored again.
pub(super) struct Expense(pub domain::Expense);

/// Money that somebody spent. An expense is never deleted: it can be voided, and restored again.
#[Object]
impl Expense {
    /// Its id. Ids of expenses that are recorded later sort later.
    async fn id(&self) -> ID {
        ID(self.0.id.to_string())
    }

    /// Who recorded it; whose expense it is when it is in no household.
    async fn owner(&self) -> User {
        User(self.0.owner)
    }

    /// What was paid; more than zero.
    async fn amount(&self) -> Money {
        self.0.contents.amount.into()
    }

    /// What it was.
    async fn description(&self) -> &str {
        &self.0.contents.description
    }

    /// Where it was.
    async fn merchant(&self) -> Option<&str> {
        self.0.contents.merchant.as_deref()
    }

    /// What it was for, in one's own words. Categories that differ only in case are the same.
    async fn category(&self) -> Option<&str> {
        self.0.contents.category.as_ref().map(Category::name)
    }

    /// Labels, in lower case, each once, sorted.
    async fn tags(&self) -> &[String] {
        &self.0.contents.tags
    }

    /// Anything else, possibly in several lines.
    #[graphql(complexity = 5)]
    async fn notes(&self) -> Option<&str> {
        self.0.contents.notes.as_deref()
    }

    /// The day.
    async fn date(&self) -> Date {
        Date(self.0.contents.date)
    }

    /// What it was worth in its household's own currency, as somebody said; null when nobody did, and for an expense that is in
    /// that currency.
    async fn exchange(&self) -> Option<ExpenseExchange> {
        exchange::of(&self.0.contents)
    }

    /// The household that shares it; null when it is its owner's own.
    async fn household(&self) -> Option<Household> {
        self.0.household.map(Household)
    }

    /// Who paid how much, each once; in all it is the amount.
    async fn payers(&self) -> Vec<ExpensePayer> {
        sharing::payers(&self.0)
    }

    /// Who bears how much, each once; in all it is the amount. Shares are worked out once, and again only when the amount or
    /// the split changes.
    async fn shares(&self) -> Vec<ExpenseShare> {
        sharing::shares(&self.0)
    }

    /// Why the shares are what they are; null when the expense is not split, so that everybody bears what they paid.
    async fn split_explanation(&self) -> Option<SplitExplanation> {
        SplitExplanation::of(&self.0)
    }

    /// Who may see it.
    async fn visibility(&self) -> Visibility {
        let sharing = self.0.contents.sharing.as_ref();
        sharing
            .map_or(domain::VisibilityKind::Private, |sharing| {
                sharing.visibility.kind()
            })
            .into()
    }

    /// From whom a surprise is hidden until `revealOn`; empty for everything else.
    async fn hidden_from(&self) -> Vec<User> {
        let surprise = self.0.surprise();
        surprise.map_or_else(Vec::new, |surprise| {
            surprise.hidden_from.iter().copied().map(User).collect()
        })
    }

    /// The day on which those see a surprise from whom it is hidden; null for everything else.
    async fn reveal_on(&self) -> Option<Date> {
        self.0.surprise().map(|surprise| Date(surprise.reveal_on))
    }

    /// Counts the changes, from 1. A change names the version that it is made to.
    async fn version(&self) -> i32 {
        self.0.version
    }

    /// When it was recorded.
    async fn created_at(&self) -> DateTime {
        self.0.created_at.into()
    }

    /// When it last changed; voiding and restoring are changes.
    async fn updated_at(&self) -> DateTime {
        self.0.updated_at.into()
    }

    /// When it was voided; null while it is not.
    async fn voided_at(&self) -> Option<DateTime> {
        self.0.voided_at.map(Into::into)
    }

    /// Everything that happened to it, the newest first. Every version has exactly one entry.
    #[graphql(complexity = "complexity(first, last, child_complexity)")]
    async fn history(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the newest: 0 to 100. 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor: older changes.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the oldest: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor: newer changes.")] before: Option<String>,
    ) -> Result<ExpenseChangeConnection, ApiError> {
        let viewer = Caller::require(ctx)?;
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        let query = arguments.parse(cursor::version)?;
        let changes = Loaders::of(ctx).history(viewer, self.0.id, query).await?;
        Ok(history_page(&query, changes, self.0.version).into())
    }
}

/// A part of a list of expenses.
#[derive(SimpleObject)]
pub(super) struct ExpenseConnection {
    /// The expenses of this part, in the list's order.
    edges: Vec<ExpenseEdge>,
    /// Where this part lies in the list.
    page_info: PageInfo,
}

/// An expense in a list.
#[derive(SimpleObject)]
pub(super) struct ExpenseEdge {
    /// The expense.
    node: Expense,
    /// Its place in the list, for `after` and `before`. It stays good when the expense is changed or voided.
    cursor: String,
}

impl ExpenseConnection {
    /// A part of what lies here, as far as it may be read: nothing of what may not.
    pub(super) async fn list(
        ctx: &Context<'_>,
        readable: Option<Readable>,
        arguments: PageArguments,
        filter: Option<ExpenseFilter>,
        order_by: Option<ExpenseOrder>,
    ) -> Result<Self, ApiError> {
        let order = order_by.map_or_else(Order::default, Order::from);
        let query = ListQuery {
            filter: filter::parse(filter)?,
            order,
            page: arguments.parse(|argument, text| cursor::position(order, argument, text))?,
        };
        let page = match readable {
            Some(readable) => Loaders::of(ctx).list(readable, query).await?,
            None => Page::empty(),
        };
        Ok(Self::of(page, |expense| {
            cursor::of_position(order, order.position(expense))
        }))
    }

    /// A part of all that the viewer has recorded.
    pub(super) async fn recorded(
        ctx: &Context<'_>,
        viewer: &Viewer,
        arguments: PageArguments,
    ) -> Result<Self, ApiError> {
        let request = arguments.parse(cursor::recorded)?;
        let page = Loaders::of(ctx).recorded(viewer, request).await?;
        Ok(Self::of(page, |expense| cursor::of_recorded(expense.id)))
    }

    fn of(page: Page<domain::Expense>, cursor: impl Fn(&domain::Expense) -> String) -> Self {
        Self {
            page_info: page_info(&page, &cursor),
            edges: page
                .items
                .into_iter()
                .map(|expense| ExpenseEdge {
                    cursor: cursor(&expense),
                    node: Expense(expense),
                })
                .collect(),
        }
    }
}
