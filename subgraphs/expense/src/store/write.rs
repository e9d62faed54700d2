use constellation_shared::mongo::transaction;
use futures_util::FutureExt as _;
use mongodb::bson::{self, Document};
use mongodb::{ClientSession, error};

use super::ExpenseStore;
use super::change_document::ChangeDocument;
use super::expense_document::{self, ExpenseDocument};
use super::postings::Postings;
use crate::domain::{Change, Creation, Expense, Once};

/// One version of an expense that is to be written, with all that belongs to it.
#[derive(Debug, Clone)]
pub(super) struct Write {
    pub(super) next: Expense,
    pub(super) change: Change,
    pub(super) from: Origin,
    /// The key of the change, when it has one that is not the expense's own.
    pub(super) once: Option<Once>,
}

/// What comes before the version that is written.
#[derive(Debug, Clone)]
pub(super) enum Origin {
    /// Nothing: it is the first.
    Nothing(Creation),
    /// Another version, found by this filter if it still is the present one.
    Version(Box<Expense>, Document),
}

impl ExpenseStore {
    /// Writes a version, its change, its postings and its household's counts: all of them, or nothing. The version as it
    /// was written; none when the one before it is not the present one any more.
    pub(super) async fn write(&self, write: Write) -> error::Result<Option<Expense>> {
        if let (Some(household), Origin::Nothing(..)) = (write.next.household, &write.from) {
            self.begin_ledger(household).await?;
        }
        let context = (self.clone(), write);
        transaction(self.client(), context, |session, (store, write)| {
            // Whatever an attempt that is repeated worked out is worked out again.
            store.attempt(session, write.clone()).boxed()
        })
        .await
    }

    async fn attempt(&self, session: &mut ClientSession, write: Write) -> error::Result<Option<Expense>> {
        let Write {
            mut next,
            mut change,
            from,
            once,
        } = write;
        let before = match &from {
            Origin::Nothing(..) => None,
            Origin::Version(before, _) => Some(&**before),
        };
        let ledger = match next.household {
            Some(household) => {
                let mut ledger = self.hold_ledger(session, household).await?;
                let counts = ledger.absorbed.clone();
                ledger.absorbed.post(before, &mut next, &mut change);
                Some((ledger, counts))
            }
            None => None,
        };
        let seq = ledger.as_ref().map(|(ledger, _)| ledger.seq);
        match &from {
            Origin::Nothing(creation) => {
                let document = ExpenseDocument::new(&next, creation, seq);
                self.expenses.insert_one(document).session(&mut *session).await?;
            }
            Origin::Version(_, present) => {
                let update = expense_document::update(&next, seq)?;
                let expenses = &self.expenses;
                let updated = expenses
                    .update_one(present.clone(), update)
                    .session(&mut *session)
                    .await?;
                if updated.matched_count == 0 {
                    return Ok(None);
                }
            }
        }
        self.use_with(session, once.as_ref()).await?;
        self.changes
            .insert_one(ChangeDocument::new(&next, &change, seq))
            .session(&mut *session)
            .await?;
        if let Some((ledger, counts)) = ledger {
            let entry = bson::Uuid::from_bytes(next.id.as_uuid().into_bytes());
            let before = before.and_then(Postings::of);
            self.repost(session, entry, before, Postings::of(&next)).await?;
            if ledger.absorbed != counts {
                self.keep_absorbed(session, &ledger).await?;
            }
        }
        Ok(Some(next))
    }
}
