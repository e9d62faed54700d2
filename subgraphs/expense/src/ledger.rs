//! What people do with expenses: the domain's rules applied to what the store holds.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::mongo::{StoreError, within_patience};

use crate::domain::{
    Change, Creation, Draft, Expense, ExpenseId, Fingerprint, Once, Patch, RawDraft, RawSettlement, Refusal,
    Settlement, SettlementDraft, SettlementId, SettlementRefusal, Violation,
};
use crate::store::{Created, ExpenseStore, Settled, Used};

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

/// Why something was not recorded.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RecordError {
    /// The caller's doing.
    #[error("the input breaks rules")]
    Invalid(Vec<Violation>),
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
    /// When it breaks rules, or the database fails.
    pub(crate) async fn record(
        &self,
        viewer: &Viewer,
        raw: RawDraft,
        sent: Fingerprint,
    ) -> Result<Created, RecordError> {
        let key = raw.idempotency_key.clone();
        let draft = match Draft::parse(raw, viewer, self.clock.now()) {
            Ok(draft) => draft,
            // What is refused now may have been right when it was sent first: a day has come, or a member has left.
            Err(violations) => {
                let earlier = self.store.recorded_before(viewer, &key, sent);
                return match within_patience(earlier).await? {
                    Some(earlier) => Ok(Created::Expense(Box::new(earlier))),
                    None => Err(RecordError::Invalid(violations)),
                };
            }
        };
        let id = ExpenseId::generate(&*self.clock, &*self.entropy);
        let creation = Creation {
            key: draft.key.clone(),
            meaning: draft.fingerprint(),
            sent,
        };
        let (expense, change) = Expense::record(id, viewer.user, viewer.user, draft, self.clock.now());
        let created = within_patience(self.store.create(expense, change, creation)).await?;
        Ok(created)
    }

    /// Edits an expense. An edit of an older version is joined with what happened since, as far as that can be done.
    ///
    /// # Errors
    /// When the edit is refused, or the database fails.
    pub(crate) async fn edit(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        expected: i32,
        patch: Patch,
        once: Option<Once>,
    ) -> Result<Expense, ChangeError> {
        let join = self.join(viewer, id, expected, patch, once.as_ref());
        within_patience(Box::pin(join)).await
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
        once: Option<Once>,
    ) -> Result<Expense, ChangeError> {
        let step = |expense: &Expense, now| expense.void(expected, viewer, now);
        let void = self.change(viewer, id, expected, once.as_ref(), step);
        within_patience(Box::pin(void)).await
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
        once: Option<Once>,
    ) -> Result<Expense, ChangeError> {
        let step = |expense: &Expense, now| expense.restore(expected, viewer, now);
        let restore = self.change(viewer, id, expected, once.as_ref(), step);
        within_patience(Box::pin(restore)).await
    }

    async fn change(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        expected: i32,
        once: Option<&Once>,
        transition: impl Fn(&Expense, DateTime<Utc>) -> Result<Option<(Expense, Change)>, Refusal>,
    ) -> Result<Expense, ChangeError> {
        // A second round comes only when somebody else was faster, and then the version is no longer the expected one:
        // the transition refuses, or finds done what it was to do.
        loop {
            let present = self.present(viewer, id).await?;
            if self.is_done(once).await? {
                return self.present(viewer, id).await;
            }
            let step = transition(&present, self.clock.now());
            if let Some(expense) = self.take(viewer, expected, present, step, once).await? {
                return Ok(expense);
            }
        }
    }

    async fn join(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        expected: i32,
        patch: Patch,
        once: Option<&Once>,
    ) -> Result<Expense, ChangeError> {
        let mut base = None;
        // Each round that is lost was won by somebody else, with whose edit the next one joins this one.
        loop {
            let present = self.present(viewer, id).await?;
            if self.is_done(once).await? {
                return self.present(viewer, id).await;
            }
            if present.version != expected && base.is_none() {
                base = self.store.contents_at(viewer, id, expected).await?;
            }
            let now = self.clock.now();
            let mut step = present.edit(expected, base.as_ref(), patch.clone(), viewer, now);
            if let Err(Refusal::Conflict(_, conflict)) = &mut step
                && let Some(household) = present.household
            {
                let absorbed = self.store.absorbed(household).await?;
                absorbed.preview(&present, &mut conflict.yours);
            }
            if let Some(expense) = self.take(viewer, expected, present, step, once).await? {
                return Ok(expense);
            }
        }
    }

    /// What the key of a change was used for before. This is asked after the present version was read: a change that is
    /// made under the key from then on makes another version of that, which whoever writes the next one meets.
    async fn used(&self, once: Option<&Once>) -> Result<Option<Used>, StoreError> {
        match once {
            Some(once) => self.store.used(once).await,
            None => Ok(None),
        }
    }

    /// Whether this very change has been made before, under its key.
    async fn is_done(&self, once: Option<&Once>) -> Result<bool, ChangeError> {
        match self.used(once).await? {
            None => Ok(false),
            Some(Used::ForThis) => Ok(true),
            Some(Used::ForAnother) => Err(ChangeError::Refused(Refusal::KeyReused)),
        }
    }

    async fn present(&self, viewer: &Viewer, id: ExpenseId) -> Result<Expense, ChangeError> {
        let found = self.store.find(viewer, &[id]).await?.remove(&id);
        found.ok_or(ChangeError::Refused(Refusal::NotFound))
    }

    /// Writes a step, and gives the expense as it then is; none when somebody else was faster.
    async fn take(
        &self,
        viewer: &Viewer,
        expected: i32,
        present: Expense,
        step: Result<Option<(Expense, Change)>, Refusal>,
        once: Option<&Once>,
    ) -> Result<Option<Expense>, ChangeError> {
        let Some((next, change)) = step.map_err(ChangeError::Refused)? else {
            return Ok(match once {
                // A version that is still to come may need the change when it is there: the key is not used up by what came
                // before its turn.
                Some(once) if expected <= present.version && !self.store.use_up(once).await? => None,
                _ => Some(present),
            });
        };
        Ok(self.store.advance(viewer, present, next, change, once).await?)
    }
}

impl Ledger {
    /// Records a settlement, once per key however often it is asked to.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn settle(
        &self,
        viewer: &Viewer,
        raw: RawSettlement,
        sent: Fingerprint,
    ) -> Result<Settled, StoreError> {
        let now = self.clock.now();
        let key = raw.idempotency_key.clone();
        let draft = match SettlementDraft::parse(raw, viewer, now) {
            Ok(draft) => draft,
            Err(refusal) => {
                let earlier = self.store.settled_before(viewer, &key, sent);
                return Ok(within_patience(earlier).await?.ok_or(refusal));
            }
        };
        let id = SettlementId::generate(&*self.clock, &*self.entropy);
        let settlement = Settlement::record(id, &draft, viewer.user, now);
        let creation = Creation {
            key: draft.key.clone(),
            meaning: draft.fingerprint(),
            sent,
        };
        within_patience(self.store.settle(draft, creation, settlement, viewer.user)).await
    }

    /// Voids a settlement, or restores it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn void_settlement(
        &self,
        viewer: &Viewer,
        id: SettlementId,
        voided: bool,
        expected: i32,
        once: Option<Once>,
    ) -> Result<Result<Settlement, SettlementRefusal>, StoreError> {
        within_patience(async {
            loop {
                let Some(present) = self.store.settlement(viewer, id).await? else {
                    return Ok(Err(SettlementRefusal::NotFound));
                };
                match self.used(once.as_ref()).await? {
                    None => {}
                    Some(Used::ForThis) => {
                        let now = self.store.settlement(viewer, id).await?;
                        return Ok(now.ok_or(SettlementRefusal::NotFound));
                    }
                    Some(Used::ForAnother) => return Ok(Err(SettlementRefusal::KeyReused)),
                }
                let next = match present.void(voided, expected, viewer, self.clock.now()) {
                    Ok(Some(next)) => next,
                    Ok(None) => match &once {
                        Some(once) if expected <= present.version() && !self.store.use_up(once).await? => {
                            continue;
                        }
                        _ => return Ok(Ok(present)),
                    },
                    Err(refusal) => return Ok(Err(refusal)),
                };
                if self.store.resettle(present, next.clone(), once.as_ref()).await? {
                    return Ok(Ok(next));
                }
            }
        })
        .await
    }
}
