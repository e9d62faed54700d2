//! The accounts of children who have no address: made and recovered by whoever looks after them.

use std::sync::Arc;

use chrono::Utc;
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key, transaction};
use futures_util::FutureExt as _;
use mongodb::ClientSession;
use mongodb::bson::doc;
use mongodb::error::{Error, Result};

use super::{HouseholdStore, Stores};
use crate::domain::{EndReason, Household, PasswordHash, Problem, SecurityEvent, User};

/// What an adult does for a child of their household.
#[derive(Clone)]
pub(crate) struct ChildCare {
    pub(crate) household: HouseholdId,
    pub(crate) adult: UserId,
    /// The child's new password.
    pub(crate) hash: PasswordHash,
    /// One for the child's history and one for the adult's.
    pub(crate) events: [SecurityEvent; 2],
    pub(crate) now: chrono::DateTime<Utc>,
}

impl Stores {
    /// Writes the account of a child and lets it into the household, if this adult may.
    pub(crate) async fn create_child(
        &self,
        child: &User,
        care: ChildCare,
    ) -> std::result::Result<std::result::Result<Household, Problem>, StoreError> {
        let context = (self.clone(), child.clone(), care);
        let created = transaction(
            self.database.client(),
            context,
            |session, (stores, child, care)| {
                async move {
                    let (adult, id, now) = (care.adult, child.id, care.now);
                    let join = move |household: &mut Household| household.take_in(adult, id, now);
                    // A problem is found before anything is written.
                    let mut tried = match stores.households.read_in(session, care.household).await? {
                        Ok(household) => household,
                        Err(problem) => return Ok(Err(problem)),
                    };
                    if let Err(problem) = join(&mut tried) {
                        return Ok(Err(problem));
                    }
                    stores.users.insert(session, child, &care.hash).await?;
                    let joined = stores
                        .households
                        .change_in(session, care.household, now, Arc::new(join))
                        .await?;
                    let joined =
                        joined.map_err(|_| Error::custom("a child could not be let in after all"))?;
                    for event in &care.events {
                        stores.events.insert_in(session, event).await?;
                    }
                    Ok(Ok(joined))
                }
                .boxed()
            },
        );
        match created.await {
            Ok(created) => Ok(created),
            Err(error) if is_duplicate_key(&error) => Ok(Err(Problem::UsernameTaken)),
            Err(error) => Err(error.into()),
        }
    }

    /// Sets the password of a child, if this adult looks after it, and ends its sessions.
    pub(crate) async fn reset_child_password(
        &self,
        child: UserId,
        care: ChildCare,
    ) -> std::result::Result<std::result::Result<(), Problem>, StoreError> {
        let reset = transaction(
            self.database.client(),
            (self.clone(), care),
            move |session, (stores, care)| {
                async move {
                    let looked_after = match stores.households.read_in(session, care.household).await? {
                        Ok(household) => household.looks_after(care.adult, child),
                        Err(problem) => Err(problem),
                    };
                    if let Err(problem) = looked_after {
                        return Ok(Err(problem));
                    }
                    // Whoever confirms an address for it at this moment writes the same document: one of the two comes first.
                    let without_address = doc! { "_id": ids::bson(child), "emailKey": null };
                    let set = doc! { "$set": { "passwordHash": &care.hash.0 } };
                    let set = stores
                        .users
                        .0
                        .update_one(without_address, set)
                        .session(&mut *session)
                        .await?;
                    if set.matched_count == 0 {
                        return Ok(Err(Problem::NotManaged));
                    }
                    stores.users.forget_email_change(session, child).await?;
                    stores.links.end_all(session, child, care.now).await?;
                    let reason = EndReason::PasswordResetByAdult;
                    stores
                        .sessions
                        .end_all_in(session, child, None, reason, care.now)
                        .await?;
                    for event in &care.events {
                        stores.events.insert_in(session, event).await?;
                    }
                    Ok(Ok(()))
                }
                .boxed()
            },
        );
        Ok(reset.await?)
    }
}

impl HouseholdStore {
    /// A household as a transaction sees it.
    async fn read_in(
        &self,
        session: &mut ClientSession,
        id: HouseholdId,
    ) -> Result<std::result::Result<Household, Problem>> {
        let this = doc! { "_id": ids::bson(id) };
        let Some(found) = self.households.find_one(this).session(session).await? else {
            return Ok(Err(Problem::NotFound));
        };
        Household::try_from(found).map(Ok).map_err(Error::custom)
    }

    /// Notes that a child has an address from now on, so that only they themselves look after their account.
    pub(super) async fn let_go(&self, session: &mut ClientSession, child: UserId) -> Result<()> {
        let looked_after =
            doc! { "members": { "$elemMatch": { "userId": ids::bson(child), "managed": true } } };
        self.households
            .update_many(looked_after, doc! { "$unset": { "members.$.managed": "" } })
            .session(session)
            .await?;
        Ok(())
    }
}
