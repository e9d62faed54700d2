use chrono::{DateTime, Utc};
use constellation_shared::id::UserId;

use super::contents::Contents;
use super::expense::ExpenseId;
use super::{From, Page, PageRequest, Scanned};

/// One entry of an expense's history. It is complete in itself, and never changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Change {
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

/// The part of a history that was asked for, made of what was read of it: a history has every version from 1 to
/// `newest`, so what lies around the part is known without reading it.
#[must_use]
pub(crate) fn history_page(request: &PageRequest<i32>, changes: Vec<Change>, newest: i32) -> Page<Change> {
    let newer = |edge: Option<i32>| edge.is_some_and(|version| version <= newest);
    let older = |edge: Option<i32>| edge.is_some();
    let (behind, beyond) = match request.from {
        From::Start => (newer(request.after), older(request.before)),
        From::End => (older(request.before), newer(request.after)),
    };
    request.page(Scanned {
        items: changes,
        behind,
        beyond,
    })
}
