use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, ID, SimpleObject};
use constellation_shared::auth::Viewer;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{DateTime, PageArguments};
use constellation_shared::household::HouseholdId;
use constellation_shared::mongo::within_patience;

use super::expense::Expense;
use super::feed_cursor::FeedCursors;
use super::settling::Settlement;
use super::user::User;
use crate::domain::{
    ChangeKind, FeedEntry, FeedKind, FeedPage, FeedPosition, FeedSubject, Readable, readable_household,
};
use crate::store::ExpenseStore;

/// Something that happened in a household, as far as you may know it. It happened to one thing, whose id is the one that is
/// not null. When all ids that you know are null, it happened to something that your app knows nothing of yet: keep the cursor,
/// and go on.
#[derive(SimpleObject)]
pub(super) struct HouseholdChange {
    /// What happened.
    kind: HouseholdChangeKind,
    /// The expense that it happened to; null when it happened to something else.
    expense_id: Option<ID>,
    /// The expense as it is now, which may be a later version; null when it is withdrawn.
    expense: Option<Expense>,
    /// The settlement that it happened to; null when it happened to something else.
    settlement_id: Option<ID>,
    /// The settlement as it is now, which may be a later version; null when it is withdrawn.
    settlement: Option<Settlement>,
    /// The version that it made.
    version: i32,
    /// Who did it.
    by: User,
    /// When.
    at: DateTime,
    /// Its place: what happened after it is told by `changesSince` and `householdChanged` after this cursor.
    cursor: String,
}

/// What happened to something in a household. Whatever it is, keep the expense or settlement as it is told, or forget it when
/// it is withdrawn.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum HouseholdChangeKind {
    /// It was recorded.
    Created,
    /// What it says was edited, or who may see it.
    Updated,
    /// It was voided.
    Voided,
    /// It was restored after it had been voided.
    Restored,
    /// You could see it, and cannot any more: forget it.
    Withdrawn,
}

/// A part of what happened in a household.
#[derive(SimpleObject)]
pub(super) struct HouseholdChangeConnection {
    /// What happened, in order.
    edges: Vec<HouseholdChangeEdge>,
    /// Where this part lies. `endCursor` is there also when nothing happened: go on after it.
    page_info: PageInfo,
}

/// Something that happened, in its place.
#[derive(SimpleObject)]
pub(super) struct HouseholdChangeEdge {
    /// What happened.
    node: HouseholdChange,
    /// Its place.
    cursor: String,
}

/// A household's feed, as one of its members reads it.
pub(super) struct Feed {
    store: ExpenseStore,
    cursors: FeedCursors,
    viewer: Viewer,
    household: HouseholdId,
    readable: Readable,
}

impl Feed {
    /// The feed of a household that the viewer belongs to.
    pub(super) fn of(ctx: &Context<'_>, viewer: &Viewer, household: HouseholdId) -> Result<Self, ApiError> {
        Ok(Self {
            store: ctx.data_unchecked::<ExpenseStore>().clone(),
            cursors: ctx.data_unchecked::<FeedCursors>().clone(),
            viewer: viewer.clone(),
            household,
            readable: readable_household(viewer, household)
                .ok_or_else(|| ApiError::not_found("household"))?,
        })
    }

    /// The place of a cursor.
    pub(super) fn position(&self, cursor: &str) -> Result<FeedPosition, ApiError> {
        self.cursors.open(self.household, self.viewer.user, cursor)
    }

    /// The place at which the household is now.
    pub(super) async fn end(&self) -> Result<FeedPosition, ApiError> {
        let end = within_patience(self.store.feed_end(self.household)).await;
        end.map_err(Into::into)
    }

    /// What happened after a place.
    pub(super) async fn after(&self, position: FeedPosition, size: usize) -> Result<FeedPage, ApiError> {
        let read = self.store.feed(&self.viewer, self.readable, position, size);
        within_patience(read).await.map_err(Into::into)
    }

    pub(super) fn change(&self, entry: FeedEntry) -> Result<HouseholdChange, ApiError> {
        let cursor = self.seal(entry.position)?;
        let (mut of_expense, mut of_settlement) = ((None, None), (None, None));
        match entry.subject {
            FeedSubject::Expense(id, expense) => {
                of_expense = (Some(ID(id.to_string())), expense.map(|expense| Expense(*expense)));
            }
            FeedSubject::Settlement(id, settlement) => {
                let settlement = settlement.map(|settlement| (*settlement).into());
                of_settlement = (Some(ID(id.to_string())), settlement);
            }
        }
        Ok(HouseholdChange {
            kind: entry.kind.into(),
            expense_id: of_expense.0,
            expense: of_expense.1,
            settlement_id: of_settlement.0,
            settlement: of_settlement.1,
            version: entry.version,
            by: User(entry.by),
            at: entry.at.into(),
            cursor,
        })
    }

    fn seal(&self, position: FeedPosition) -> Result<String, ApiError> {
        self.cursors.seal(self.household, self.viewer.user, position)
    }
}

/// The cursor of the place at which a household is now.
pub(super) async fn end(
    ctx: &Context<'_>,
    viewer: &Viewer,
    household: HouseholdId,
) -> Result<String, ApiError> {
    let feed = Feed::of(ctx, viewer, household)?;
    feed.seal(feed.end().await?)
}

/// A part of what happened in a household.
pub(super) async fn page(
    ctx: &Context<'_>,
    viewer: &Viewer,
    household: HouseholdId,
    after: Option<String>,
    first: Option<i32>,
) -> Result<HouseholdChangeConnection, ApiError> {
    let feed = Feed::of(ctx, viewer, household)?;
    let arguments = PageArguments {
        first,
        after,
        last: None,
        before: None,
    };
    let request = arguments.parse(|_, cursor| feed.position(cursor))?;
    super::loaders::Loaders::of(ctx).budget().take_page(&request)?;
    let beginning = request.after.unwrap_or(FeedPosition::BEGINNING);
    let page = feed.after(beginning, request.size).await?;
    let end_cursor = Some(feed.seal(page.end)?);
    let changes = page.entries.into_iter().map(|entry| feed.change(entry));
    let edges: Vec<_> = changes
        .map(|node| {
            let node = node?;
            let cursor = node.cursor.clone();
            Ok(HouseholdChangeEdge { node, cursor })
        })
        .collect::<Result<_, ApiError>>()?;
    Ok(HouseholdChangeConnection {
        page_info: PageInfo {
            has_previous_page: request.after.is_some(),
            has_next_page: page.more,
            start_cursor: edges.first().map(|edge| edge.cursor.clone()),
            end_cursor,
        },
        edges,
    })
}

impl From<FeedKind> for HouseholdChangeKind {
    fn from(kind: FeedKind) -> Self {
        match kind {
            FeedKind::Change(ChangeKind::Created) => Self::Created,
            FeedKind::Change(ChangeKind::Updated) => Self::Updated,
            FeedKind::Change(ChangeKind::Voided) => Self::Voided,
            FeedKind::Change(ChangeKind::Restored) => Self::Restored,
            FeedKind::Withdrawn => Self::Withdrawn,
        }
    }
}
