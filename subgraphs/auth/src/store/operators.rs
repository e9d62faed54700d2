//! What those who run the service read and change. Each change is one transaction with its event.

use std::collections::HashMap;

use chrono::Utc;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::{FutureExt as _, TryStreamExt as _};
use mongodb::bson::{DateTime, Document, doc};
use serde::Deserialize;

use super::users::{UserDocument, UserStore};
use super::{SessionStore, Stores};
use crate::domain::{EndReason, Mail, SecurityEvent, User};

#[derive(Deserialize)]
struct Count {
    #[serde(rename = "_id", with = "ids")]
    user: UserId,
    sessions: i64,
}

impl UserStore {
    /// Accounts in the order of their making, from after this one on.
    pub(crate) async fn list(
        &self,
        search: Option<&str>,
        after: Option<UserId>,
        limit: i64,
    ) -> Result<Vec<User>, StoreError> {
        let mut wanted = Document::new();
        if let Some(after) = after {
            wanted.insert("_id", doc! { "$gt": ids::bson(after) });
        }
        if let Some(text) = search {
            // Keys are in lower case. What is looked for is text, not a pattern.
            let within = |field: &str| {
                let text = doc! { "$literal": text.to_lowercase() };
                doc! { "$gte": [{ "$indexOfCP": [{ "$ifNull": [field, ""] }, text] }, 0] }
            };
            wanted.insert(
                "$expr",
                doc! { "$or": [within("$emailKey"), within("$username")] },
            );
        }
        let found = self.0.find(wanted).sort(doc! { "_id": 1 }).limit(limit).await?;
        Ok(found.map_ok(UserDocument::into_user).try_collect().await?)
    }
}

impl SessionStore {
    /// How many living sessions each of these people has; who has none is left out.
    pub(crate) async fn count_living(
        &self,
        users: &[UserId],
        now: chrono::DateTime<Utc>,
    ) -> Result<HashMap<UserId, u64>, StoreError> {
        let users: Vec<_> = users.iter().map(|user| ids::bson(*user)).collect();
        let moment = DateTime::from(now);
        let living = doc! {
            "userId": { "$in": users },
            "endedAt": null,
            "expiresAt": { "$gt": moment },
            "endsAt": { "$gt": moment },
        };
        let pipeline = [
            doc! { "$match": living },
            doc! { "$group": { "_id": "$userId", "sessions": { "$sum": 1_i64 } } },
        ];
        let counts = self.0.aggregate(pipeline).with_type::<Count>().await?;
        Ok(counts
            .map_ok(|count| (count.user, u64::try_from(count.sessions).unwrap_or(0)))
            .try_collect()
            .await?)
    }
}

impl Stores {
    /// Disables an account and ends its sessions. A sign-in at the same moment writes the same document, so neither can
    /// miss the other.
    pub(crate) async fn disable_user(
        &self,
        user: UserId,
        event: &SecurityEvent,
        now: chrono::DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, event), |transaction, (stores, event)| {
                async move {
                    let enabled = doc! { "_id": ids::bson(user), "disabledAt": null };
                    let disabled = doc! { "$set": { "disabledAt": DateTime::from(now) } };
                    let changed = stores
                        .users
                        .0
                        .update_one(enabled, disabled)
                        .session(&mut *transaction)
                        .await?;
                    if changed.modified_count == 0 {
                        return Ok(false);
                    }
                    stores
                        .sessions
                        .end_all_in(transaction, user, None, EndReason::AccountDisabled, now)
                        .await?;
                    stores.events.insert_in(transaction, event).await?;
                    Ok(true)
                }
                .boxed()
            })
            .await?)
    }

    /// Enables a disabled account.
    pub(crate) async fn enable_user(&self, user: UserId, event: &SecurityEvent) -> Result<bool, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, event), |transaction, (stores, event)| {
                async move {
                    let disabled = doc! { "_id": ids::bson(user), "disabledAt": { "$ne": null } };
                    let enabled = doc! { "$unset": { "disabledAt": "" } };
                    let changed = stores
                        .users
                        .0
                        .update_one(disabled, enabled)
                        .session(&mut *transaction)
                        .await?;
                    if changed.modified_count == 1 {
                        stores.events.insert_in(transaction, event).await?;
                    }
                    Ok(changed.modified_count == 1)
                }
                .boxed()
            })
            .await?)
    }

    /// Ends all sessions of a person, and counts those that had not ended yet.
    pub(crate) async fn end_sessions(
        &self,
        user: UserId,
        reason: EndReason,
        event: &SecurityEvent,
        now: chrono::DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, event), |transaction, (stores, event)| {
                async move {
                    let ended = stores
                        .sessions
                        .end_all_in(transaction, user, None, reason, now)
                        .await?;
                    if ended > 0 {
                        stores.events.insert_in(transaction, event).await?;
                    }
                    Ok(ended)
                }
                .boxed()
            })
            .await?)
    }

    /// Writes a mail that is to be sent, and that it was asked for.
    pub(crate) async fn post_with_event(&self, mail: &Mail, event: &SecurityEvent) -> Result<(), StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, mail, event), |transaction, (stores, mail, event)| {
                async {
                    stores.outbox.insert_in(transaction, mail).await?;
                    stores.events.insert_in(transaction, event).await
                }
                .boxed()
            })
            .await?)
    }
}
