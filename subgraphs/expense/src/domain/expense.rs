use chrono::{DateTime, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::household::HouseholdId;
use constellation_shared::id::{Id, UserId};

use super::access::may_change;
use super::change::{Change, ChangeKind};
use super::contents::Contents;
use super::draft::Draft;
use super::merge::{Conflict, merge};
use super::patch::Patch;
use super::sharing::{Circle, Surprise};
use super::violation::Violation;

/// Marks the ids of expenses.
pub(crate) enum ExpenseKind {}
/// An expense's id.
pub(crate) type ExpenseId = Id<ExpenseKind>;

/// Money that was spent.
///
/// An expense is never deleted: it is voided, which can be undone. Every transition gives the next version together
/// with the change that belongs in the history; neither exists without the other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expense {
    /// Its id.
    pub id: ExpenseId,
    /// Who recorded it; whose it is when it is in no household.
    pub owner: UserId,
    /// The household that shares it.
    pub household: Option<HouseholdId>,
    /// Counts the changes, from 1.
    pub version: i32,
    /// What it says.
    pub contents: Contents,
    /// When it was recorded.
    pub created_at: DateTime<Utc>,
    /// When it last changed.
    pub updated_at: DateTime<Utc>,
    /// When it was voided, while it is.
    pub voided_at: Option<DateTime<Utc>>,
}

/// Why a change of an expense does not happen. The expense as it is now comes along, for it is the caller's to see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// There is none that the caller may see.
    NotFound,
    /// It is not the version that the caller names.
    Stale(Box<Expense>),
    /// It has changed since the caller read it, in a way that the caller's edit cannot be joined with.
    Conflict(Box<Expense>, Box<Conflict>),
    /// It is voided, and must be restored before it can be edited.
    Voided(Box<Expense>),
    /// The caller sees it, and may not change it.
    Forbidden(Box<Expense>),
    /// The key has made another change.
    KeyReused,
    /// What it would say breaks rules.
    Invalid(Vec<Violation>),
}

impl Expense {
    /// The first version of a new expense.
    #[must_use]
    pub(crate) fn record(
        id: ExpenseId,
        owner: UserId,
        by: UserId,
        draft: Draft,
        now: DateTime<Utc>,
    ) -> (Self, Change) {
        let expense = Self {
            id,
            owner,
            household: draft.household,
            version: 1,
            contents: draft.contents,
            created_at: now,
            updated_at: now,
            voided_at: None,
        };
        let change = Change {
            expense: id,
            version: 1,
            kind: ChangeKind::Created,
            by,
            at: now,
            before: None,
            after: expense.contents.clone(),
        };
        (expense, change)
    }

    /// The expense after this edit of a version of it, which said `base`; none when the edit changes nothing that is not so
    /// already.
    ///
    /// # Errors
    /// When the expense is voided, there never was that version, or the edit cannot be joined with what happened since.
    pub(crate) fn edit(
        &self,
        expected: i32,
        base: Option<&Contents>,
        patch: Patch,
        by: &Viewer,
        now: DateTime<Utc>,
    ) -> Result<Option<(Self, Change)>, Refusal> {
        self.permit(by)?;
        if self.voided_at.is_some() {
            return Err(Refusal::Voided(Box::new(self.clone())));
        }
        let contents = if self.version == expected {
            self.patched(&self.contents, patch, by, now)?
        } else {
            let base = base.ok_or_else(|| Refusal::Stale(Box::new(self.clone())))?;
            self.join(base, self.patched(base, patch, by, now)?)?
        };
        if contents == self.contents {
            return Ok(None);
        }
        let next = Self {
            contents,
            ..self.clone()
        };
        Ok(Some(self.advance(next, ChangeKind::Updated, by.user, now)))
    }

    /// The expense, voided; none when it is already, whatever version was expected: what the caller wants is so, and a
    /// repeated request must not fail.
    ///
    /// # Errors
    /// When the expense is another version.
    pub(crate) fn void(
        &self,
        expected: i32,
        by: &Viewer,
        now: DateTime<Utc>,
    ) -> Result<Option<(Self, Change)>, Refusal> {
        self.permit(by)?;
        if self.voided_at.is_some() {
            return Ok(None);
        }
        self.expect(expected)?;
        let next = Self {
            voided_at: Some(now),
            ..self.clone()
        };
        Ok(Some(self.advance(next, ChangeKind::Voided, by.user, now)))
    }

    /// The expense, no longer voided; none when it is not.
    ///
    /// # Errors
    /// When the expense is another version.
    pub(crate) fn restore(
        &self,
        expected: i32,
        by: &Viewer,
        now: DateTime<Utc>,
    ) -> Result<Option<(Self, Change)>, Refusal> {
        self.permit(by)?;
        if self.voided_at.is_none() {
            return Ok(None);
        }
        self.expect(expected)?;
        let next = Self {
            voided_at: None,
            ..self.clone()
        };
        Ok(Some(self.advance(next, ChangeKind::Restored, by.user, now)))
    }

    /// The surprise that it is or was.
    #[must_use]
    pub(crate) fn surprise(&self) -> Option<&Surprise> {
        self.contents.sharing.as_ref()?.visibility.surprise()
    }

    fn permit(&self, by: &Viewer) -> Result<(), Refusal> {
        if may_change(by, self) {
            Ok(())
        } else {
            Err(Refusal::Forbidden(Box::new(self.clone())))
        }
    }

    /// What `base` says with the edit.
    fn patched(
        &self,
        base: &Contents,
        patch: Patch,
        by: &Viewer,
        now: DateTime<Utc>,
    ) -> Result<Contents, Refusal> {
        let household = self.household.and_then(|household| by.membership(household));
        let circle = household.map(|(household, _)| Circle {
            household,
            writer: by.user,
            creator: self.owner,
            before: base.sharing.as_ref(),
            now,
        });
        patch
            .apply(base.clone(), circle.as_ref())
            .map_err(Refusal::Invalid)
    }

    fn join(&self, base: &Contents, yours: Contents) -> Result<Contents, Refusal> {
        merge(base, &yours, &self.contents).map_err(|fields| {
            let conflict = Conflict {
                fields,
                base: base.clone(),
                yours,
                theirs: self.contents.clone(),
            };
            Refusal::Conflict(Box::new(self.clone()), Box::new(conflict))
        })
    }

    fn expect(&self, version: i32) -> Result<(), Refusal> {
        if self.version == version {
            Ok(())
        } else {
            Err(Refusal::Stale(Box::new(self.clone())))
        }
    }

    fn advance(&self, next: Self, kind: ChangeKind, by: UserId, now: DateTime<Utc>) -> (Self, Change) {
        let next = Self {
            // No expense is edited two thousand million times; one that were would meet the unique index of its history.
            version: self.version.saturating_add(1),
            updated_at: now,
            ..next
        };
        let change = Change {
            expense: self.id,
            version: next.version,
            kind,
            by,
            at: now,
            before: Some(self.contents.clone()),
            after: next.contents.clone(),
        };
        (next, change)
    }
}
