use async_graphql::connection::PageInfo;
use async_graphql::{Enum, SimpleObject};
use constellation_shared::graphql::{DateTime, page_info};

use super::cursor;
use super::exchange::{self, ExpenseExchange};
use super::money::Money;
use super::scalars::Date;
use super::sharing::{
    ExpensePayer, ExpenseShare, ExpenseSplitPart, ExpenseSplitRule, Visibility, parts_of, payers_of,
    shares_of,
};
use super::user::User;
use crate::domain::{self, Category, Change, Contents, Page, VisibilityKind};

/// One step in the life of an expense. It never changes.
#[derive(SimpleObject)]
pub(super) struct ExpenseChange {
    /// The version that this change made.
    version: i32,
    /// What happened.
    kind: ExpenseChangeKind,
    /// When.
    at: DateTime,
    /// Who did it.
    by: User,
    /// What the expense said before; null for the first version. The same as `after` when it was voided or restored.
    before: Option<ExpenseSnapshot>,
    /// What the expense said from then on.
    after: ExpenseSnapshot,
}

/// What happened to an expense.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::ChangeKind")]
pub enum ExpenseChangeKind {
    /// It was recorded.
    Created,
    /// What it says was edited.
    Updated,
    /// It was voided.
    Voided,
    /// It was restored after it had been voided.
    Restored,
}

/// What an expense said at one time: everything that an edit can change.
#[derive(SimpleObject)]
pub(super) struct ExpenseSnapshot {
    /// What was paid.
    amount: Money,
    /// What it was.
    description: String,
    /// Where it was.
    merchant: Option<String>,
    /// What it was for.
    category: Option<String>,
    /// Labels, in lower case, each once, sorted.
    tags: Vec<String>,
    /// Anything else.
    #[graphql(complexity = 5)]
    notes: Option<String>,
    /// The day.
    date: Date,
    /// Who paid how much; empty for an expense that is in no household.
    payers: Vec<ExpensePayer>,
    /// Who bore how much; empty for an expense that is in no household.
    shares: Vec<ExpenseShare>,
    /// By which rule it was split; null when everybody bore what they paid.
    split_rule: Option<ExpenseSplitRule>,
    /// Everybody's number in that rule; empty when everybody bore what they paid.
    split_parts: Vec<ExpenseSplitPart>,
    /// Who could see it.
    visibility: Visibility,
    /// From whom a surprise was hidden until `revealOn`; empty for everything else.
    hidden_from: Vec<User>,
    /// The day on which those were to see a surprise from whom it was hidden; null for everything else.
    reveal_on: Option<Date>,
    /// What it was worth in its household's own currency; null when nobody had said so.
    exchange: Option<ExpenseExchange>,
}

/// A part of an expense's history.
#[derive(SimpleObject)]
pub(super) struct ExpenseChangeConnection {
    /// The changes of this part, the newest first.
    edges: Vec<ExpenseChangeEdge>,
    /// Where this part lies in the history.
    page_info: PageInfo,
}

/// A change in a history.
#[derive(SimpleObject)]
pub(super) struct ExpenseChangeEdge {
    /// The change.
    node: ExpenseChange,
    /// Its place in the history, for `after` and `before`.
    cursor: String,
}

impl From<Page<Change>> for ExpenseChangeConnection {
    fn from(page: Page<Change>) -> Self {
        let cursor = |change: &Change| cursor::of_version(change.version);
        Self {
            page_info: page_info(&page, cursor),
            edges: page
                .items
                .into_iter()
                .map(|change| ExpenseChangeEdge {
                    cursor: cursor(&change),
                    node: change.into(),
                })
                .collect(),
        }
    }
}

impl From<Change> for ExpenseChange {
    fn from(change: Change) -> Self {
        Self {
            version: change.version,
            kind: change.kind.into(),
            at: change.at.into(),
            by: User(change.by),
            before: change.before.map(Into::into),
            after: change.after.into(),
        }
    }
}

impl From<Contents> for ExpenseSnapshot {
    fn from(contents: Contents) -> Self {
        let currency = contents.amount.currency();
        let sharing = contents.sharing.as_ref();
        let surprise = sharing.and_then(|sharing| sharing.visibility.surprise());
        Self {
            payers: sharing.map_or_else(Vec::new, |sharing| payers_of(sharing, currency)),
            shares: sharing.map_or_else(Vec::new, |sharing| shares_of(sharing, currency)),
            split_rule: sharing
                .and_then(|sharing| sharing.split.as_ref())
                .map(|split| split.rule.into()),
            split_parts: sharing.map_or_else(Vec::new, |sharing| parts_of(sharing, currency)),
            hidden_from: surprise.map_or_else(Vec::new, |surprise| {
                surprise.hidden_from.iter().copied().map(User).collect()
            }),
            reveal_on: surprise.map(|surprise| Date(surprise.reveal_on)),
            visibility: sharing
                .map_or(VisibilityKind::Private, |sharing| sharing.visibility.kind())
                .into(),
            exchange: exchange::of(&contents),
            amount: contents.amount.into(),
            description: contents.description,
            merchant: contents.merchant,
            category: contents.category.as_ref().map(Category::name).map(str::to_owned),
            tags: contents.tags,
            notes: contents.notes,
            date: Date(contents.date),
        }
    }
}
