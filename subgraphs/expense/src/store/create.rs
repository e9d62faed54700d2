use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key, transaction};
use futures_util::FutureExt as _;
use mongodb::bson::doc;

use super::ExpenseStore;
use super::change_document::ChangeDocument;
use super::expense_document::ExpenseDocument;
use crate::domain::{Change, Expense, Fingerprint, IdempotencyKey};

/// What came of a creation.
#[derive(Debug)]
pub(crate) enum Created {
    /// The expense that this key made, now or before; as it is now.
    Expense(Box<Expense>),
    /// The key has made an expense from another input.
    KeyReused,
}

impl ExpenseStore {
    /// Writes a new expense and the beginning of its history, unless its owner's key has been used before.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn create(
        &self,
        expense: Expense,
        change: &Change,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
    ) -> Result<Created, StoreError> {
        let document = ExpenseDocument::new(&expense, key, fingerprint);
        let change = ChangeDocument::new(&expense, change);
        match self.insert(document, change).await {
            Ok(()) => Ok(Created::Expense(Box::new(expense))),
            // Uniqueness is the index's work: of many that come at once exactly one is written.
            Err(error) if is_duplicate_key(&error) => match self.by_key(expense.owner, key).await? {
                Some(earlier) if earlier.is_of(&fingerprint) => {
                    Ok(Created::Expense(Box::new(earlier.try_into()?)))
                }
                Some(_) => Ok(Created::KeyReused),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    async fn insert(&self, expense: ExpenseDocument, change: ChangeDocument) -> mongodb::error::Result<()> {
        let context = (self.clone(), expense, change);
        transaction(self.client(), context, |session, (store, expense, change)| {
            async move {
                store
                    .expenses
                    .insert_one(&*expense)
                    .session(&mut *session)
                    .await?;
                store.changes.insert_one(&*change).session(&mut *session).await?;
                Ok(())
            }
            .boxed()
        })
        .await
    }

    async fn by_key(
        &self,
        owner: UserId,
        key: &IdempotencyKey,
    ) -> Result<Option<ExpenseDocument>, StoreError> {
        let filter = doc! { "owner": ids::bson(owner), "idempotencyKey": key.as_str() };
        Ok(self.expenses.find_one(filter).await?)
    }
}
