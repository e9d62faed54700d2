use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;

use crate::domain::{Accounts, Households, User};

/// Loads the people that one request asks for with one command, and, if others are among them, whom the viewer may see
/// with a second.
pub(super) struct UserLoader {
    accounts: Arc<Accounts>,
    households: Arc<Households>,
}

/// What there is to see of a person.
#[derive(Debug, Clone)]
pub(super) enum Seen {
    /// Their account.
    Account(User),
    /// That they belonged to a household of the viewer's, and have no account any more.
    Trace,
}

/// The first of each pair looks at the second.
impl Loader<(UserId, UserId)> for UserLoader {
    type Value = Seen;
    // A failure is handed to everybody who waits for the batch.
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        pairs: &[(UserId, UserId)],
    ) -> Result<HashMap<(UserId, UserId), Seen>, Arc<StoreError>> {
        let mut visible: BTreeSet<_> = pairs
            .iter()
            .copied()
            .filter(|(viewer, other)| viewer == other)
            .collect();
        let viewers: BTreeSet<_> = pairs.iter().map(|(viewer, _)| *viewer).collect();
        for viewer in viewers {
            let others = pairs.iter().filter(|pair| pair.0 == viewer && pair.1 != viewer);
            let others: Vec<_> = others.map(|(_, other)| *other).collect();
            if !others.is_empty() {
                let known = self.households.known_to(viewer, &others).await?;
                visible.extend(known.into_iter().map(|other| (viewer, other)));
            }
        }
        let wanted: BTreeSet<_> = visible.iter().map(|(_, other)| *other).collect();
        let wanted: Vec<_> = wanted.into_iter().collect();
        let users = self.accounts.find_all(&wanted).await?;
        let users: HashMap<_, _> = users.into_iter().map(|user| (user.id, user)).collect();
        let seen = visible.into_iter().filter_map(|(viewer, other)| {
            let seen = match users.get(&other) {
                Some(user) => Seen::Account(user.clone()),
                None if viewer != other => Seen::Trace,
                None => return None,
            };
            Some(((viewer, other), seen))
        });
        Ok(seen.collect())
    }
}

/// A loader without a cache: what has been changed is seen by the next request.
pub(super) fn user_loader(accounts: Arc<Accounts>, households: Arc<Households>) -> DataLoader<UserLoader> {
    let loader = UserLoader { accounts, households };
    DataLoader::new(loader, tokio::spawn)
}
