use chrono::{DateTime, Utc};
use constellation_shared::id::UserId;

use super::change::ChangeKind;
use super::expense::{Expense, ExpenseId};
use super::settlement::{Settlement, SettlementId};

/// A place in what happens in a household, as one member may know it. It is told to nobody as it is: its number counts
/// what is hidden, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FeedPosition {
    /// All up to this number of the household's ledger has been told, if it could be.
    pub seq: i64,
    /// Of it, what was hidden and was revealed before this moment, or at it up to `revealed_seq`.
    pub revealed: DateTime<Utc>,
    /// See `revealed`.
    pub revealed_seq: i64,
}

impl FeedPosition {
    /// Before everything.
    pub(crate) const BEGINNING: Self = Self {
        seq: 0,
        revealed: DateTime::UNIX_EPOCH,
        revealed_seq: 0,
    };
}

/// Something that happened in a household.
#[derive(Debug, Clone)]
pub(crate) struct FeedEntry {
    /// What it happened to.
    pub subject: FeedSubject,
    /// What happened.
    pub kind: FeedKind,
    /// The version that it made.
    pub version: i32,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// Its place.
    pub position: FeedPosition,
}

/// What something happened to, as it is now; without it when it is withdrawn.
#[derive(Debug, Clone)]
pub(crate) enum FeedSubject {
    /// An expense.
    Expense(ExpenseId, Option<Box<Expense>>),
    /// A settlement.
    Settlement(SettlementId, Option<Box<Settlement>>),
}

impl FeedSubject {
    /// Whether it can be seen no more.
    #[must_use]
    pub(crate) const fn is_withdrawn(&self) -> bool {
        matches!(self, Self::Expense(_, None) | Self::Settlement(_, None))
    }
}

/// What happened, as one member sees it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum FeedKind {
    /// What its history says.
    Change(ChangeKind),
    /// It can be seen no more.
    Withdrawn,
}

/// The next part of what happened.
#[derive(Debug, Clone)]
pub(crate) struct FeedPage {
    /// In the order of their places.
    pub entries: Vec<FeedEntry>,
    /// Where the reading ended: after it comes what happens next.
    pub end: FeedPosition,
    /// Whether there is more already.
    pub more: bool,
}
