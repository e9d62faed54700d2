//! The changes of households: each is one transaction, with the count of changes of everybody whom it concerns.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::Utc;
use constellation_shared::household::{HouseholdId, MOST_HOUSEHOLDS};
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, transaction};
use futures_util::{FutureExt as _, TryStreamExt as _};
use mongodb::ClientSession;
use mongodb::bson::doc;
use mongodb::error::{Error, Result};
use serde::Deserialize;

use super::HouseholdStore;
use super::households::{HouseholdDocument, with_member};
use crate::domain::{Household, Problem};

type Change = Arc<dyn Fn(&mut Household) -> std::result::Result<(), Problem> + Send + Sync>;

/// As much of a household as names it.
#[derive(Deserialize)]
struct Only {
    #[serde(rename = "_id", with = "ids")]
    id: HouseholdId,
}

impl HouseholdStore {
    /// Writes a new household, unless its founder belongs to too many.
    pub(crate) async fn insert(
        &self,
        household: Household,
        now: chrono::DateTime<Utc>,
    ) -> std::result::Result<std::result::Result<Household, Problem>, StoreError> {
        let context = (self.clone(), household);
        let inserted = transaction(
            self.households.client(),
            context,
            move |session, (store, household)| {
                async move {
                    if let Err(problem) = store.write(session, None, household, now).await? {
                        return Ok(Err(problem));
                    }
                    Ok(Ok(household.clone()))
                }
                .boxed()
            },
        );
        Ok(inserted.await?)
    }

    /// Makes of a household what `change` makes of it. Two changes at the same moment do not miss each other: both write
    /// the household, so one of them is tried again on what the other has left.
    pub(crate) async fn change(
        &self,
        id: HouseholdId,
        now: chrono::DateTime<Utc>,
        change: impl Fn(&mut Household) -> std::result::Result<(), Problem> + Send + Sync + 'static,
    ) -> std::result::Result<std::result::Result<Household, Problem>, StoreError> {
        let context = (self.clone(), Arc::new(change) as Change);
        let changed = transaction(
            self.households.client(),
            context,
            move |session, (store, change)| store.change_in(session, id, now, Arc::clone(change)).boxed(),
        );
        Ok(changed.await?)
    }

    /// The same, as part of a transaction. Where there is a problem, nothing has been written.
    pub(super) async fn change_in(
        &self,
        session: &mut ClientSession,
        id: HouseholdId,
        now: chrono::DateTime<Utc>,
        change: Change,
    ) -> Result<std::result::Result<Household, Problem>> {
        let found = self
            .households
            .find_one(doc! { "_id": ids::bson(id) })
            .session(&mut *session)
            .await?;
        let Some(found) = found else {
            return Ok(Err(Problem::NotFound));
        };
        let before = Household::try_from(found).map_err(Error::custom)?;
        let mut after = before.clone();
        if let Err(problem) = change(&mut after) {
            return Ok(Err(problem));
        }
        let written = self.write(session, Some(&before), &after, now).await?;
        Ok(written.map(|()| after))
    }

    /// Lets a person go from all their households, whose account is erased in the same transaction.
    pub(super) async fn outlive(
        &self,
        session: &mut ClientSession,
        user: UserId,
        now: chrono::DateTime<Utc>,
    ) -> Result<()> {
        let mut found = self
            .households
            .clone_with_type::<Only>()
            .find(with_member(user))
            .projection(doc! { "_id": 1 })
            .session(&mut *session)
            .await?;
        let households: Vec<Only> = found.stream(session).try_collect().await?;
        for Only { id } in households {
            let change = move |household: &mut Household| {
                household.outlive(user, now);
                Ok(())
            };
            // Nothing can be in its way: it was read in this transaction, and lets anybody go.
            if let Ok(left) = self.change_in(session, id, now, Arc::new(change)).await? {
                // The accounts of children whom nobody is left to look after go with the last who did.
                self.users.plan_to_erase(session, &left.forsaken(), now).await?;
            }
        }
        Ok(())
    }

    /// Writes what a household has become, and counts the change for everybody whose tokens tell of it.
    async fn write(
        &self,
        session: &mut ClientSession,
        before: Option<&Household>,
        after: &Household,
        now: chrono::DateTime<Utc>,
    ) -> Result<std::result::Result<(), Problem>> {
        let members = |household: &Household| -> BTreeSet<UserId> {
            household.members.iter().map(|member| member.user).collect()
        };
        let old = before.map(members).unwrap_or_default();
        let new = members(after);
        // Who joins another household at the same moment has the same count to raise: one of the two begins again, and
        // finds the other one here.
        for joining in new.difference(&old) {
            let joined = self
                .households
                .count_documents(with_member(*joining))
                .session(&mut *session)
                .await?;
            if joined >= MOST_HOUSEHOLDS as u64 {
                return Ok(Err(Problem::TooManyHouseholds));
            }
            // Whoever is in another household too could be recovered by its adults as well.
            let managed = after
                .members
                .iter()
                .any(|member| member.user == *joining && member.managed);
            if !managed && !self.users.has_address(session, *joining).await? {
                return Ok(Err(Problem::EmailRequired));
            }
        }
        let document = HouseholdDocument::from(after);
        match before {
            None => drop(
                self.households
                    .insert_one(document)
                    .session(&mut *session)
                    .await?,
            ),
            Some(before) if before == after => return Ok(Ok(())),
            Some(_) => {
                let this = doc! { "_id": ids::bson(after.id) };
                self.households
                    .replace_one(this, document)
                    .session(&mut *session)
                    .await?;
            }
        }
        if before.map(Household::membership) != Some(after.membership()) {
            let concerned: Vec<_> = old.union(&new).copied().collect();
            self.users
                .count_households_change(session, &concerned, now)
                .await?;
        }
        Ok(Ok(()))
    }
}
