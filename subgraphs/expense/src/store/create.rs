use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key};
use mongodb::bson::doc;

use super::ExpenseStore;
use super::expense_document::ExpenseDocument;
use super::write::{Origin, Write};
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
        change: Change,
        key: &IdempotencyKey,
        fingerprint: Fingerprint,
    ) -> Result<Created, StoreError> {
        let owner = expense.owner;
        let write = Write {
            next: expense,
            change,
            from: Origin::Nothing(key.clone(), fingerprint),
            once: None,
        };
        match self.write(write).await {
            Ok(Some(expense)) => Ok(Created::Expense(Box::new(expense))),
            Ok(None) => Err(StoreError::Corrupt(
                "a first version has another before it".into(),
            )),
            // Uniqueness is the index's work: of many that come at once exactly one is written.
            Err(error) if is_duplicate_key(&error) => match self.by_key(owner, key).await? {
                Some(earlier) if earlier.is_of(&fingerprint) => {
                    Ok(Created::Expense(Box::new(earlier.try_into()?)))
                }
                Some(_) => Ok(Created::KeyReused),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
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
