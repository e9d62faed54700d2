use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use async_graphql::dataloader::{DataLoader, Loader};
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;

use crate::domain::{Household, Households};

/// Loads the households that one request asks for with one command, for whoever belongs to them.
pub(crate) struct HouseholdLoader(Arc<Households>);

impl Loader<(UserId, HouseholdId)> for HouseholdLoader {
    type Value = Household;
    // A failure is handed to everybody who waits for the batch.
    type Error = Arc<StoreError>;

    async fn load(
        &self,
        keys: &[(UserId, HouseholdId)],
    ) -> Result<HashMap<(UserId, HouseholdId), Household>, Arc<StoreError>> {
        let mut wanted: BTreeMap<UserId, Vec<HouseholdId>> = BTreeMap::new();
        for (viewer, id) in keys {
            wanted.entry(*viewer).or_default().push(*id);
        }
        let mut found = HashMap::new();
        for (viewer, ids) in wanted {
            let households = self.0.find_all(viewer, &ids).await?;
            found.extend(
                households
                    .into_iter()
                    .map(|household| ((viewer, household.id), household)),
            );
        }
        Ok(found)
    }
}

/// A loader without a cache: what has been changed is seen by the next request.
pub(crate) fn household_loader(households: Arc<Households>) -> DataLoader<HouseholdLoader> {
    DataLoader::new(HouseholdLoader(households), tokio::spawn)
}
