use chrono::Utc;
use futures_util::TryStreamExt as _;
use mongodb::bson::{DateTime, doc};
use mongodb::{Collection, Database};
use serde::{Deserialize, Serialize};

use crate::id::UserId;
use crate::mongo::{StoreError, ids};

const LOG: &str = "log";

/// How far a subgraph has followed the log, in its own database: whichever of its replicas did.
#[derive(Clone)]
pub(super) struct Progress {
    cursors: Collection<CursorDocument>,
    again: Collection<AgainDocument>,
}

#[derive(Serialize, Deserialize)]
struct CursorDocument {
    #[serde(rename = "_id")]
    name: String,
    after: i64,
}

/// Somebody who was erased and will be once more.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct AgainDocument {
    #[serde(rename = "_id", with = "ids")]
    person: UserId,
    at: DateTime,
}

impl Progress {
    pub(super) fn of(database: &Database) -> Self {
        Self {
            cursors: database.collection("erasedAccountsCursor"),
            again: database.collection("erasedAccountsAgain"),
        }
    }

    /// The number of the last account that was erased here.
    pub(super) async fn cursor(&self) -> Result<i64, StoreError> {
        let cursor = self.cursors.find_one(doc! { "_id": LOG }).await?;
        Ok(cursor.map_or(0, |cursor| cursor.after))
    }

    /// All accounts up to this one were erased here. Another replica may have come further.
    pub(super) async fn advance(&self, upto: i64) -> Result<(), StoreError> {
        self.set(doc! { "$max": { "after": upto } }).await
    }

    /// The log has to be read from its beginning.
    pub(super) async fn begin_anew(&self) -> Result<(), StoreError> {
        self.set(doc! { "$set": { "after": 0_i64 } }).await
    }

    async fn set(&self, change: mongodb::bson::Document) -> Result<(), StoreError> {
        let log = doc! { "_id": LOG };
        self.cursors.update_one(log, change).upsert(true).await?;
        Ok(())
    }

    /// Notes that somebody is to be erased once more at this time.
    pub(super) async fn note(&self, person: UserId, at: chrono::DateTime<Utc>) -> Result<(), StoreError> {
        let later = doc! { "$max": { "at": DateTime::from(at) } };
        let them = doc! { "_id": ids::bson(person) };
        self.again.update_one(them, later).upsert(true).await?;
        Ok(())
    }

    /// Those who are to be erased once more now.
    pub(super) async fn due(&self, now: chrono::DateTime<Utc>, most: i64) -> Result<Vec<UserId>, StoreError> {
        let due = doc! { "at": { "$lte": DateTime::from(now) } };
        let found = self.again.find(due).limit(most).await?;
        Ok(found.map_ok(|document| document.person).try_collect().await?)
    }

    /// Somebody was erased once more.
    pub(super) async fn done(&self, person: UserId) -> Result<(), StoreError> {
        self.again.delete_one(doc! { "_id": ids::bson(person) }).await?;
        Ok(())
    }
}
