use constellation_shared::auth::Viewer;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key};
use mongodb::bson::doc;

use super::creation_document::binary;
use super::expense_document::ExpenseDocument;
use super::write::{Origin, Write};
use super::{ExpenseStore, scope};
use crate::domain::{Change, Creation, Expense, Fingerprint, IdempotencyKey};

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
        creation: Creation,
    ) -> Result<Created, StoreError> {
        let owner = expense.owner;
        let write = Write {
            next: expense,
            change,
            from: Origin::Nothing(creation.clone()),
            once: None,
        };
        match self.write(write).await {
            Ok(Some(expense)) => Ok(Created::Expense(Box::new(expense))),
            Ok(None) => Err(StoreError::Corrupt(
                "a first version has another before it".into(),
            )),
            // Uniqueness is the index's work: of many that come at once exactly one is written.
            Err(error) if is_duplicate_key(&error) => match self.by_key(owner, &creation.key).await? {
                Some(earlier) if earlier.is_of(&creation) => {
                    Ok(Created::Expense(Box::new(earlier.try_into()?)))
                }
                Some(_) => Ok(Created::KeyReused),
                None => Err(error.into()),
            },
            Err(error) => Err(error.into()),
        }
    }

    /// What this very request of the viewer has recorded before, if they may still see it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn recorded_before(
        &self,
        viewer: &Viewer,
        key: &str,
        sent: Fingerprint,
    ) -> Result<Option<Expense>, StoreError> {
        let mut filter = scope::visible_to(viewer, self.clock.now());
        filter.extend(doc! { "owner": ids::bson(viewer.user), "idempotencyKey": key, "sent": binary(sent) });
        let found = self.expenses.find_one(filter).await?;
        found.map(TryInto::try_into).transpose()
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
