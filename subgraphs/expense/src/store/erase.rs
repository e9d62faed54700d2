use async_trait::async_trait;
use constellation_shared::erased::Erase;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, transaction};
use futures_util::{FutureExt as _, TryStreamExt as _};
use mongodb::bson::{Bson, Document, doc};

use super::{ExpenseStore, scope};

/// How many expenses are erased in one step. Their histories go with them, and a step must not take long.
const BATCH: i64 = 200;

#[async_trait]
impl Erase for ExpenseStore {
    /// Erases what is only this person's, with its history, step by step: what was begun is gone on with by whoever calls
    /// this next.
    async fn erase(&self, person: UserId) -> Result<(), StoreError> {
        loop {
            let next = self
                .expenses
                .clone_with_type::<Document>()
                .find(scope::erased_with(person))
                .projection(doc! { "_id": 1 })
                .limit(BATCH)
                .await?;
            let next: Vec<Document> = next.try_collect().await?;
            let found: Vec<Bson> = next
                .into_iter()
                .filter_map(|mut found| found.remove("_id"))
                .collect();
            if found.is_empty() {
                self.keys
                    .delete_many(doc! { "person": ids::bson(person) })
                    .await?;
                return Ok(());
            }
            self.erase_all(found).await?;
        }
    }
}

impl ExpenseStore {
    /// In one transaction, so that an edit at the same moment cannot leave a piece of history behind.
    async fn erase_all(&self, ids: Vec<Bson>) -> Result<(), StoreError> {
        let context = (self.clone(), ids);
        let erased = transaction(self.client(), context, |session, (store, ids)| {
            async move {
                let expenses = doc! { "_id": { "$in": &*ids } };
                store
                    .expenses
                    .delete_many(expenses)
                    .session(&mut *session)
                    .await?;
                let changes = doc! { "expense": { "$in": &*ids } };
                store.changes.delete_many(changes).session(&mut *session).await?;
                let postings = doc! { "entry": { "$in": &*ids } };
                store
                    .postings
                    .delete_many(postings)
                    .session(&mut *session)
                    .await?;
                Ok(())
            }
            .boxed()
        });
        Ok(erased.await?)
    }
}
