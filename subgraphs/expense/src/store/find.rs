use std::collections::HashMap;

use constellation_shared::auth::Viewer;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{Bson, doc};

use super::{ExpenseStore, scope};
use crate::domain::{Expense, ExpenseId};

impl ExpenseStore {
    /// Those of these expenses that the viewer may see, in one command.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn find(
        &self,
        viewer: &Viewer,
        wanted: &[ExpenseId],
    ) -> Result<HashMap<ExpenseId, Expense>, StoreError> {
        let mut filter = scope::visible_to(viewer, self.clock.now());
        filter.insert(
            "_id",
            doc! { "$in": wanted.iter().copied().map(ids::bson).collect::<Vec<Bson>>() },
        );
        let mut found = HashMap::new();
        // All in the first batch, so that it is one command whatever their number.
        let batch = u32::try_from(wanted.len()).unwrap_or(u32::MAX).saturating_add(1);
        let mut documents = self.expenses.find(filter).batch_size(batch).await?;
        while let Some(document) = documents.try_next().await? {
            let expense = Expense::try_from(document)?;
            found.insert(expense.id, expense);
        }
        Ok(found)
    }
}
