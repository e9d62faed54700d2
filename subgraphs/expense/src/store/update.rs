use constellation_shared::auth::Viewer;
use constellation_shared::mongo::{StoreError, ids, transaction};
use futures_util::FutureExt as _;
use mongodb::bson::Document;

use super::change_document::ChangeDocument;
use super::{ExpenseStore, expense_document, scope};
use crate::domain::{Change, Expense};

impl ExpenseStore {
    /// Writes the next version of an expense and the change that made it, if the expense still is the version before.
    /// Says whether it was.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn advance(
        &self,
        viewer: &Viewer,
        from_version: i32,
        next: &Expense,
        change: &Change,
    ) -> Result<bool, StoreError> {
        let mut present = scope::visible_to(viewer);
        present.insert("_id", ids::bson(next.id));
        present.insert("version", from_version);
        let update = expense_document::update(next)?;
        let change = ChangeDocument::new(next, change);
        Ok(self.replace(present, update, change).await?)
    }

    async fn replace(
        &self,
        present: Document,
        update: Document,
        change: ChangeDocument,
    ) -> mongodb::error::Result<bool> {
        let context = (self.clone(), present, update, change);
        transaction(
            self.client(),
            context,
            |session, (store, present, update, change)| {
                async move {
                    let updated = store
                        .expenses
                        .update_one(present.clone(), update.clone())
                        .session(&mut *session)
                        .await?;
                    if updated.matched_count == 0 {
                        return Ok(false);
                    }
                    store.changes.insert_one(&*change).session(&mut *session).await?;
                    Ok(true)
                }
                .boxed()
            },
        )
        .await
    }
}
