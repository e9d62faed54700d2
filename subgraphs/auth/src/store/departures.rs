//! What is written when somebody wants to leave, and when they stay after all.

use chrono::Utc;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::{FutureExt as _, TryStreamExt as _};
use mongodb::ClientSession;
use mongodb::bson::{DateTime, doc};

use super::Stores;
use super::users::{UserDocument, UserStore};
use crate::domain::{BadLink, EndReason, Link, Mail, PasswordHash, SecurityEvent, User};

/// Somebody's wish to leave.
pub(crate) struct Departure<'a> {
    pub(crate) user: UserId,
    /// When the account is to be erased.
    pub(crate) due: chrono::DateTime<Utc>,
    /// Tells them, with a link to keep it, where they have an address.
    pub(crate) mail: Option<&'a Mail>,
    pub(crate) event: &'a SecurityEvent,
    pub(crate) now: chrono::DateTime<Utc>,
}

impl UserStore {
    /// Some of the accounts whose time has come, the longest due first.
    pub(crate) async fn due_to_be_erased(
        &self,
        now: chrono::DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<User>, StoreError> {
        let due = doc! { "deletionDueAt": { "$lte": DateTime::from(now) } };
        let found = self
            .0
            .find(due)
            .sort(doc! { "deletionDueAt": 1 })
            .limit(most)
            .await?;
        Ok(found.map_ok(UserDocument::into_user).try_collect().await?)
    }

    /// Plans to erase an account whose password still has this hash. A plan that there is already stays.
    async fn plan_deletion(
        &self,
        transaction: &mut ClientSession,
        departure: &Departure<'_>,
        present: &PasswordHash,
    ) -> mongodb::error::Result<bool> {
        let unchanged = doc! { "_id": ids::bson(departure.user), "passwordHash": &present.0 };
        let planned = doc! {
            "$min": { "deletionDueAt": DateTime::from(departure.due) },
            // Whatever else changes the account at this moment waits, also where the plan stays.
            "$inc": { "departures": 1_i64 },
        };
        let planned = self.0.update_one(unchanged, planned).session(transaction).await?;
        Ok(planned.matched_count == 1)
    }

    /// Gives up the plan to erase an account; `false` when there is none.
    async fn keep(&self, transaction: &mut ClientSession, user: UserId) -> mongodb::error::Result<bool> {
        let leaving = doc! { "_id": ids::bson(user), "deletionDueAt": { "$ne": null } };
        let kept = self
            .0
            .update_one(leaving, doc! { "$unset": { "deletionDueAt": "" } })
            .session(transaction)
            .await?;
        Ok(kept.modified_count == 1)
    }
}

impl Stores {
    /// Plans to erase an account and ends its sessions; `false` when its password has been replaced meanwhile.
    pub(crate) async fn plan_deletion(
        &self,
        departure: &Departure<'_>,
        present: &PasswordHash,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run(
                (self, departure, present),
                |transaction, (stores, departure, present)| {
                    async {
                        if !stores
                            .users
                            .plan_deletion(transaction, departure, present)
                            .await?
                        {
                            return Ok(false);
                        }
                        let (user, reason) = (departure.user, EndReason::AccountDeletion);
                        stores
                            .sessions
                            .end_all_in(transaction, user, None, reason, departure.now)
                            .await?;
                        if let Some(mail) = departure.mail {
                            stores.outbox.insert_in(transaction, mail).await?;
                        }
                        stores.events.insert_in(transaction, departure.event).await?;
                        Ok(true)
                    }
                    .boxed()
                },
            )
            .await?)
    }

    /// Keeps an account that was to be erased. Nothing is written where none was.
    pub(crate) async fn keep_user(&self, user: UserId, event: &SecurityEvent) -> Result<(), StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, event), |transaction, (stores, event)| {
                async move {
                    if stores.users.keep(transaction, user).await? {
                        stores.events.insert_in(transaction, event).await?;
                    }
                    Ok(())
                }
                .boxed()
            })
            .await?)
    }

    /// Keeps the account whose owner was sent this link.
    pub(crate) async fn keep_user_by_link(
        &self,
        link: &Link,
        event: &SecurityEvent,
        now: chrono::DateTime<Utc>,
    ) -> Result<Result<(), BadLink>, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, link, event), |transaction, (stores, link, event)| {
                async {
                    if !stores.links.use_up(transaction, link, now).await? {
                        return Ok(Err(BadLink::Invalid));
                    }
                    if stores.users.keep(transaction, link.user).await? {
                        stores.events.insert_in(transaction, event).await?;
                    }
                    Ok(Ok(()))
                }
                .boxed()
            })
            .await?)
    }
}
