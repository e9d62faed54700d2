use constellation_shared::auth::Viewer;
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key};

use super::write::{Origin, Write};
use super::{ExpenseStore, scope};
use crate::domain::{Change, Expense, Once};

impl ExpenseStore {
    /// Writes the next version of an expense and the change that made it, if the expense still is the version before. The
    /// next version as it was written; none if it was not, or the key has been used meanwhile.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn advance(
        &self,
        viewer: &Viewer,
        before: Expense,
        next: Expense,
        change: Change,
        once: Option<&Once>,
    ) -> Result<Option<Expense>, StoreError> {
        let mut present = scope::visible_to(viewer, self.clock.now());
        present.insert("_id", ids::bson(next.id));
        present.insert("version", before.version);
        let from = Origin::Version(Box::new(before), present);
        let write = Write {
            next,
            change,
            from,
            once: once.cloned(),
        };
        match self.write(write).await {
            // The same request was faster, on another connection.
            Err(error) if once.is_some() && is_duplicate_key(&error) => Ok(None),
            written => Ok(written?),
        }
    }
}
