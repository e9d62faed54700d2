use constellation_shared::auth::Viewer;
use constellation_shared::mongo::{StoreError, newest_first};

use super::{ExpenseStore, indexes, scope};
use crate::domain::{Expense, ExpenseId, Page, PageRequest};

impl ExpenseStore {
    /// A page of all expenses that the viewer has recorded and may take along, voided ones too, the last one first.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn recorded(
        &self,
        viewer: &Viewer,
        request: &PageRequest<ExpenseId>,
    ) -> Result<Page<Expense>, StoreError> {
        let recorded = scope::recorded_by(viewer);
        newest_first(&self.expenses, &recorded, request, Some(indexes::of_recorded()))
            .await?
            .try_map(Expense::try_from)
    }
}
