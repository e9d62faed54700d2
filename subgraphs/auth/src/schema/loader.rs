use std::collections::HashMap;
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;

use crate::domain::{Accounts, User};

/// Loads the accounts that one request asks for with one command.
pub(super) struct UserLoader(Arc<Accounts>);

impl Loader<UserId> for UserLoader {
    type Value = User;
    // A failure is handed to everybody who waits for the batch.
    type Error = Arc<StoreError>;

    async fn load(&self, ids: &[UserId]) -> Result<HashMap<UserId, User>, Arc<StoreError>> {
        let users = self.0.find_all(ids).await?;
        Ok(users.into_iter().map(|user| (user.id, user)).collect())
    }
}

/// A loader without a cache: what has been changed is seen by the next request.
pub(super) fn user_loader(accounts: Arc<Accounts>) -> DataLoader<UserLoader> {
    DataLoader::new(UserLoader(accounts), tokio::spawn)
}
