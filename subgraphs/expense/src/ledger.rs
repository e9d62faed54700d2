//! What people do with expenses: the domain's rules applied to what the store holds.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::mongo::{StoreError, within_patience};

use crate::domain::{Change, Draft, Expense, ExpenseId, Patch, Refusal, owner_of_new};
use crate::store::{Created, ExpenseStore};

/// Records and changes expenses.
#[derive(Clone)]
pub(crate) struct Ledger {
    store: ExpenseStore,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// Why a change did not happen.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangeError {
    /// The caller's doing, or somebody else's who was faster.
    #[error("the change is refused")]
    Refused(Refusal),
    /// Ours.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Ledger {
    /// A ledger on this store.
    pub(crate) fn new(store: ExpenseStore, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            store,
            clock,
            entropy,
        }
    }

    /// Records an expense, once per key however often it is asked to.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn record(&self, viewer: &Viewer, draft: Draft) -> Result<Created, StoreError> {
        let id = ExpenseId::generate(&*self.clock, &*self.entropy);
        let (key, fingerprint) = (draft.key.clone(), draft.fingerprint());
        let (expense, change) =
            Expense::record(id, owner_of_new(viewer), viewer.user, draft, self.clock.now());
        within_patience(self.store.create(expense, &change, &key, fingerprint)).await
    }

    /// Edits an expense.
    ///
    /// # Errors
    /// When the edit is refused, or the database fails.
    pub(crate) async fn edit(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        expected: i32,
        patch: Patch,
    ) -> Result<Expense, ChangeError> {
        within_patience(self.change(viewer, id, |expense, now| {
            expense.edit(expected, patch.clone(), viewer.user, now)
        }))
        .await
    }

    /// Voids an expense.
    ///
    /// # Errors
    /// When that is refused, or the database fails.
    pub(crate) async fn void(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        expected: i32,
    ) -> Result<Expense, ChangeError> {
        within_patience(self.change(viewer, id, |expense, now| {
            expense.void(expected, viewer.user, now)
        }))
        .await
    }

    /// Restores an expense.
    ///
    /// # Errors
    /// When that is refused, or the database fails.
    pub(crate) async fn restore(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        expected: i32,
    ) -> Result<Expense, ChangeError> {
        within_patience(self.change(viewer, id, |expense, now| {
            expense.restore(expected, viewer.user, now)
        }))
        .await
    }

    async fn change(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        transition: impl Fn(&Expense, DateTime<Utc>) -> Result<Option<(Expense, Change)>, Refusal>,
    ) -> Result<Expense, ChangeError> {
        // A second round comes only when somebody else was faster, and then the version is no longer the expected one:
        // the transition refuses, or finds done what it was to do.
        loop {
            let found = self.store.find(viewer, &[id]).await?.remove(&id);
            let present = found.ok_or(ChangeError::Refused(Refusal::NotFound))?;
            let Some((next, change)) =
                transition(&present, self.clock.now()).map_err(ChangeError::Refused)?
            else {
                return Ok(present);
            };
            if self
                .store
                .advance(viewer, present.version, &next, &change)
                .await?
            {
                return Ok(next);
            }
        }
    }
}
