//! The accounts that were erased, and erasing them.
//!
//! Of an erased account only its id and a number stay. The numbers have no gaps, and whoever has seen one has seen all
//! before it: they are counted in the transaction that erases, and two of these cannot both count on.

use chrono::{TimeDelta, Utc};
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key};
use futures_util::{FutureExt as _, TryStreamExt as _};
use mongodb::bson::{DateTime, Document, doc};
use mongodb::options::{Collation, CollationStrength, IndexOptions, ReturnDocument};
use mongodb::{Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use super::Stores;
use crate::domain::{EndReason, Erased, Mail, User};

const LOG: &str = "log";

/// The erased accounts.
#[derive(Clone)]
pub(crate) struct ErasedStore {
    erased: Collection<ErasedDocument>,
    counters: Collection<CounterDocument>,
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErasedDocument {
    #[serde(rename = "_id")]
    number: i64,
    #[serde(with = "ids")]
    user_id: UserId,
    erased_at: DateTime,
    /// The addresses that mails may still have gone to; gone when everything else is.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    addresses: Vec<String>,
    /// When what is left of the account is removed next; gone when nothing is left.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sweep_at: Option<DateTime>,
}

#[derive(Serialize, Deserialize)]
struct CounterDocument {
    #[serde(rename = "_id")]
    name: String,
    last: i64,
}

/// What is left of an erased account for now.
pub(crate) struct Remains {
    number: i64,
    user: UserId,
    addresses: Vec<String>,
    erased_at: chrono::DateTime<Utc>,
}

impl ErasedStore {
    pub(super) async fn open(database: &Database) -> Result<Self, StoreError> {
        let erased: Collection<ErasedDocument> = database.collection("erasedAccounts");
        let left = IndexOptions::builder()
            .partial_filter_expression(doc! { "sweepAt": { "$exists": true } })
            .build();
        let left = IndexModel::builder().keys(doc! { "sweepAt": 1 }).options(left);
        erased.create_index(left.build()).await?;
        let counters = database.collection("erasedAccountsCounter");
        let from_the_start = doc! { "$setOnInsert": { "last": 0_i64 } };
        match counters
            .update_one(doc! { "_id": LOG }, from_the_start)
            .upsert(true)
            .await
        {
            // Another replica that starts now has made it.
            Err(error) if !is_duplicate_key(&error) => Err(error.into()),
            _ => Ok(Self { erased, counters }),
        }
    }

    /// The accounts that were erased after the one with this number, in order.
    pub(crate) async fn after(&self, number: i64, most: i64) -> Result<Vec<Erased>, StoreError> {
        let later = doc! { "_id": { "$gt": number } };
        let found = self
            .erased
            .find(later)
            .sort(doc! { "_id": 1 })
            .limit(most)
            .await?;
        let erased = found.map_ok(|document| Erased {
            number: document.number,
            user: document.user_id,
        });
        Ok(erased.try_collect().await?)
    }

    /// The number of the account that was erased last.
    pub(crate) async fn last(&self) -> Result<i64, StoreError> {
        let counter = self.counters.find_one(doc! { "_id": LOG }).await?;
        Ok(counter.map_or(0, |counter| counter.last))
    }

    /// Some of those of which something is left to remove.
    pub(crate) async fn to_sweep(
        &self,
        now: chrono::DateTime<Utc>,
        most: i64,
    ) -> Result<Vec<Remains>, StoreError> {
        let due = doc! { "sweepAt": { "$lte": DateTime::from(now) } };
        let found = self
            .erased
            .find(due)
            .sort(doc! { "sweepAt": 1 })
            .limit(most)
            .await?;
        let remains = found.map_ok(|document| Remains {
            number: document.number,
            user: document.user_id,
            addresses: document.addresses,
            erased_at: document.erased_at.into(),
        });
        Ok(remains.try_collect().await?)
    }
}

impl Stores {
    /// Erases an account whose time has come, and tells the log and its owner, in one step: `false` when it was kept or
    /// erased meanwhile. What else there is of it is found by its id later, by [`Stores::sweep`].
    pub(crate) async fn erase(
        &self,
        user: &User,
        farewell: Option<&Mail>,
        now: chrono::DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        Ok(transaction
            .start_transaction()
            .and_run((self, user, farewell), |transaction, (stores, user, farewell)| {
                async move {
                    let moment = DateTime::from(now);
                    let due = doc! { "_id": ids::bson(user.id), "deletionDueAt": { "$lte": moment } };
                    let gone = stores.users.0.delete_one(due).session(&mut *transaction).await?;
                    if gone.deleted_count == 0 {
                        return Ok(false);
                    }
                    if let Some(mail) = farewell {
                        stores.outbox.insert_in(transaction, mail).await?;
                    }
                    stores.households.outlive(&mut *transaction, user.id, now).await?;
                    let counted = stores
                        .erased
                        .counters
                        .find_one_and_update(doc! { "_id": LOG }, doc! { "$inc": { "last": 1_i64 } })
                        .return_document(ReturnDocument::After)
                        .upsert(true)
                        .session(&mut *transaction)
                        .await?;
                    let number = counted.map_or(1, |counter| counter.last);
                    let mut addresses: Vec<_> = user.email.iter().cloned().collect();
                    addresses.extend(user.address().map(|email| email.key().to_owned()));
                    let entry = ErasedDocument {
                        number,
                        user_id: user.id,
                        erased_at: moment,
                        addresses,
                        sweep_at: Some(moment),
                    };
                    stores
                        .erased
                        .erased
                        .insert_one(entry)
                        .session(&mut *transaction)
                        .await?;
                    let reason = EndReason::AccountDeletion;
                    stores
                        .sessions
                        .end_all_in(transaction, user.id, None, reason, now)
                        .await?;
                    // The feed of ended sessions needs their ids a little longer, and nothing else of them.
                    let about = doc! { "$unset": { "deviceName": "", "userAgent": "", "address": "" } };
                    stores
                        .sessions
                        .0
                        .update_many(doc! { "userId": ids::bson(user.id) }, about)
                        .session(transaction)
                        .await?;
                    Ok(true)
                }
                .boxed()
            })
            .await?)
    }

    /// Removes what else there is of an erased account. It may be done by several at once, and again after it was done by
    /// halves. What a request that was under way has written since is removed when the account has been gone for
    /// `lingering`, and with it the sessions, which the feed has told of until then.
    pub(crate) async fn sweep(
        &self,
        remains: &Remains,
        lingering: TimeDelta,
        now: chrono::DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let theirs = doc! { "userId": ids::bson(remains.user) };
        self.events.erase(theirs.clone()).await?;
        self.links.erase(theirs.clone()).await?;
        self.outbox.erase(remains.user, &remains.addresses).await?;
        self.households
            .forget_invitations_to(&remains.addresses, remains.erased_at)
            .await?;
        let last_time = remains.erased_at + lingering;
        let swept = if now < last_time {
            doc! { "$set": { "sweepAt": DateTime::from(last_time) } }
        } else {
            self.sessions.0.delete_many(theirs).await?;
            doc! { "$unset": { "sweepAt": "", "addresses": "" } }
        };
        self.erased
            .erased
            .update_one(doc! { "_id": remains.number }, swept)
            .await?;
        Ok(())
    }
}

/// Tells neither case nor width apart, as addresses are written by anybody.
pub(super) fn as_addresses() -> Collation {
    Collation::builder()
        .locale("en")
        .strength(CollationStrength::Secondary)
        .build()
}

/// The mails to somebody, or about them, but for the one that tells them that their account is gone.
pub(super) fn mails_of(user: UserId, addresses: &[String]) -> Document {
    doc! {
        "$or": [{ "user": user.to_string() }, { "to": { "$in": addresses } }],
        "kind": { "$ne": "ACCOUNT_DELETED" },
    }
}
