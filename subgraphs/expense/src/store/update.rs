use constellation_shared::auth::Viewer;
use constellation_shared::mongo::{StoreError, ids};

use super::write::{Origin, Write};
use super::{ExpenseStore, scope};
use crate::domain::{Change, Expense};

impl ExpenseStore {
    /// Writes the next version of an expense and the change that made it, if the expense still is the version before. The
    /// next version as it was written; none if it was not.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn advance(
        &self,
        viewer: &Viewer,
        before: Expense,
        next: Expense,
        change: Change,
    ) -> Result<Option<Expense>, StoreError> {
        let mut present = scope::visible_to(viewer, self.clock.now());
        present.insert("_id", ids::bson(next.id));
        present.insert("version", before.version);
        let from = Origin::Version(Box::new(before), present);
        Ok(self.write(Write { next, change, from }).await?)
    }
}
