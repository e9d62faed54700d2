use chrono::{DateTime, Utc};
use constellation_shared::id::UserId;

use super::contents::Contents;
use super::expense::ExpenseId;

/// One entry of an expense's history. It is complete in itself, and never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// Whose history it is in.
    pub expense: ExpenseId,
    /// The version that it made.
    pub version: i32,
    /// What happened.
    pub kind: ChangeKind,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
    /// What the expense said before; none for the first version.
    pub before: Option<Contents>,
    /// What it has said since.
    pub after: Contents,
}

/// What happened to an expense.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChangeKind {
    /// It was recorded.
    Created,
    /// Its contents were edited.
    Updated,
    /// It was voided.
    Voided,
    /// It was restored.
    Restored,
}
