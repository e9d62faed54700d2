use std::time::Duration;

use chrono::Utc;
use constellation_shared::mongo::{StoreError, is_duplicate_key};
use futures_util::TryStreamExt as _;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, doc};
use mongodb::options::{
    Acknowledgment, CollectionOptions, IndexOptions, ReadConcern, ReturnDocument, WriteConcern,
};
use mongodb::{Collection, Database, IndexModel};
use serde::Deserialize;

use crate::domain::{Admission, CLOSED, CounterKey, Pace};

/// How many devices and addresses of one account are known at the most.
const MOST_KNOWN: u64 = 50;

/// The counters of attempts.
///
/// They are written to the primary alone, which every replica of this service asks: when a primary is lost with its last
/// second, so are that second's attempts, and sign-ins are quicker the rest of the time.
#[derive(Clone)]
pub(crate) struct AttemptStore(Collection<Counter>);

/// What is read of a counter.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Counter {
    /// Whether the last attempt was counted.
    counted: bool,
    /// When the next one may be.
    opens_at: DateTime,
    /// Until when whoever is counted here is known; missing for strangers.
    known_until: Option<DateTime>,
}

impl AttemptStore {
    pub(super) async fn open(database: &Database) -> Result<Self, StoreError> {
        let options = CollectionOptions::builder()
            .write_concern(WriteConcern::builder().w(Acknowledgment::Nodes(1)).build())
            .read_concern(ReadConcern::local())
            .build();
        let counters = database.collection_with_options("attempts", options);
        let at_its_end = IndexOptions::builder().expire_after(Duration::ZERO).build();
        let index = IndexModel::builder()
            .keys(doc! { "forgetAt": 1 })
            .options(at_its_end)
            .build();
        counters.create_index(index).await?;
        // What is known of an account, and nothing else.
        let only = doc! { "account": { "$exists": true } };
        let known = IndexOptions::builder().partial_filter_expression(only).build();
        let index = IndexModel::builder()
            .keys(doc! { "account": 1, "knownUntil": -1 })
            .options(known)
            .build();
        counters.create_index(index).await?;
        Ok(Self(counters))
    }

    /// Counts one attempt if it is time for one. One command decides and counts.
    pub(crate) async fn count(
        &self,
        key: &CounterKey,
        pace: Pace,
        now: chrono::DateTime<Utc>,
    ) -> Result<Admission, StoreError> {
        match self.count_matching(by(key), pace, now, true).await {
            // Another request has just made the counter; now it is there to be updated.
            Err(error) if is_duplicate_key(&error) => self.count_matching(by(key), pace, now, true).await,
            counted => counted,
        }?
        .ok_or_else(|| StoreError::Corrupt("an attempt's counter was neither found nor made".into()))
    }

    /// The same for somebody who must be known already; `None` when they are not.
    pub(crate) async fn count_known(
        &self,
        key: &CounterKey,
        pace: Pace,
        now: chrono::DateTime<Utc>,
    ) -> Result<Option<Admission>, StoreError> {
        Ok(self.count_matching(known(key, now), pace, now, false).await?)
    }

    async fn count_matching(
        &self,
        filter: Document,
        pace: Pace,
        now: chrono::DateTime<Utc>,
        upsert: bool,
    ) -> mongodb::error::Result<Option<Admission>> {
        let counter = self
            .0
            .find_one_and_update(filter, counting(pace, now))
            .upsert(upsert)
            .return_document(ReturnDocument::After)
            .await?;
        Ok(counter.map(|counter| {
            if counter.counted {
                let known = counter.known_until.is_some_and(|until| until.to_chrono() > now);
                return Admission::Counted { known };
            }
            let wait = counter.opens_at.to_chrono() - now;
            Admission::TooEarly {
                wait: wait.to_std().unwrap_or_default(),
            }
        }))
    }

    /// Takes back one attempt that was counted.
    pub(crate) async fn uncount(&self, key: &CounterKey, pace: Pace) -> Result<(), StoreError> {
        self.0
            .update_one(
                by(key),
                vec![
                    doc! { "$set": {
                        "level": { "$max": [0.0, { "$subtract": ["$level", 1.0] }] },
                        "row": { "$max": [0.0, { "$subtract": [row(), 1.0] }] },
                    } },
                    doc! { "$set": { "opensAt": opening(pace, "$at") } },
                ],
            )
            .await?;
        Ok(())
    }

    /// The owner of an account has succeeded: the failures of strangers from now on are a new row, at the pace of before.
    pub(crate) async fn end_row(&self, key: &CounterKey, pace: Pace) -> Result<(), StoreError> {
        let mut with_row = by(key);
        with_row.insert("row", doc! { "$gt": 0.0 });
        self.0
            .update_one(
                with_row,
                vec![
                    doc! { "$set": { "row": 0.0 } },
                    doc! { "$set": { "opensAt": opening(pace, "$at") } },
                ],
            )
            .await?;
        Ok(())
    }

    /// Knows nobody any more who is known of this account.
    pub(crate) async fn forget_known(&self, account: &CounterKey) -> Result<(), StoreError> {
        let nobody = doc! { "$unset": { "knownUntil": "", "account": "" } };
        self.0.update_many(known_of(account), nobody).await?;
        Ok(())
    }

    /// Knows no more devices and addresses of an account than a person has, those that signed in last.
    async fn forget_the_oldest(&self, account: &CounterKey) -> Result<(), StoreError> {
        let oldest = self
            .0
            .clone_with_type::<Document>()
            .find(known_of(account))
            .sort(doc! { "knownUntil": -1 })
            .skip(MOST_KNOWN)
            .projection(doc! { "_id": 1 })
            .await?;
        let oldest: Vec<Document> = oldest.try_collect().await?;
        let ids: Vec<Bson> = oldest
            .into_iter()
            .filter_map(|mut one| one.remove("_id"))
            .collect();
        if !ids.is_empty() {
            let nobody = doc! { "$unset": { "knownUntil": "", "account": "" } };
            self.0.update_many(doc! { "_id": { "$in": ids } }, nobody).await?;
        }
        Ok(())
    }

    /// Forgets the failures of somebody, and knows them of this account from now on.
    pub(crate) async fn welcome(
        &self,
        key: &CounterKey,
        account: &CounterKey,
        now: chrono::DateTime<Utc>,
        until: chrono::DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let (now, until) = (DateTime::from(now), DateTime::from(until));
        let anew = doc! { "$set": {
            "counted": true,
            "level": 0.0,
            "at": now,
            "opensAt": now,
            "knownUntil": until,
            "forgetAt": until,
            "account": binary(account),
        } };
        self.0.update_one(by(key), anew).upsert(true).await?;
        self.forget_the_oldest(account).await
    }
}

/// Counts an attempt if the counter is open, and says which of the two it did.
fn counting(pace: Pace, now: chrono::DateTime<Utc>) -> Vec<Document> {
    let now = Bson::from(DateTime::from(now));
    let forgets = millis(pace.forgets);
    let if_counted = |then: Bson, otherwise: &str| doc! { "$cond": ["$counted", then, otherwise] };
    // Nothing is forgotten while somebody waits. Two replicas' clocks differ: time that went backwards is no time.
    let rested = doc! { "$max": [0, { "$subtract": [&now, { "$ifNull": ["$opensAt", &now] }] }] };
    let sunk = doc! { "$subtract": [{ "$ifNull": ["$level", 0.0] }, { "$divide": [rested, forgets] }] };
    // Below the free level nobody waits, not even for the few milliseconds by which the last attempt's time may be ahead of
    // this one's: requests overtake each other, and replicas' clocks differ.
    let below = doc! { "$and": [
        { "$lt": [{ "$ifNull": ["$level", 0.0] }, pace.free] },
        { "$not": [is_closed(pace)] },
    ] };
    let open = doc! { "$or": [below, { "$lte": ["$opensAt", &now] }] };
    // Nor has one whose failures are still in one row.
    let until = match pace.ceiling {
        Some(_) => doc! { "$add": [&now, { "$toLong": millis(CLOSED) }] }.into(),
        None => Bson::Null,
    };
    let since = doc! { "$subtract": [&now, { "$ifNull": ["$at", &now] }] };
    let in_one_row = doc! { "$cond": [{ "$lt": [since, millis(CLOSED)] }, row(), 0.0] };
    vec![
        doc! { "$set": { "counted": open } },
        doc! { "$set": {
            "level": if_counted(doc! { "$add": [1.0, { "$max": [0.0, sunk] }] }.into(), "$level"),
            "row": if_counted(doc! { "$add": [1.0, in_one_row] }.into(), "$row"),
        } },
        doc! { "$set": {
            "at": if_counted(now.clone(), "$at"),
            "opensAt": if_counted(opening(pace, now).into(), "$opensAt"),
        } },
        // A counter that has sunk to nothing says nothing any more.
        doc! { "$set": { "forgetAt": { "$max": [
            "$knownUntil",
            { "$add": ["$opensAt", { "$toLong": { "$multiply": ["$level", forgets] } }] },
            until,
        ] } } },
    ]
}

/// When a counter of the present level, that last counted at this time, opens again.
fn opening(pace: Pace, at: impl Into<Bson>) -> Document {
    let at = at.into();
    // Far beyond any wait, and far from what a number can hold.
    let doublings = doc! { "$min": [40.0, { "$subtract": ["$level", pace.free] }] };
    let wait = doc! { "$multiply": [millis(pace.wait), { "$pow": [2.0, doublings] }] };
    let bounded = doc! { "$toLong": { "$min": [wait, millis(pace.longest)] } };
    let usual = doc! { "$cond": [{ "$lt": ["$level", pace.free] }, &at, { "$add": [&at, bounded] }] };
    let closed = doc! { "$add": [&at, { "$toLong": millis(CLOSED) }] };
    doc! { "$cond": [is_closed(pace), closed, usual] }
}

/// Whether there were as many failures in a row as there may be.
fn is_closed(pace: Pace) -> Document {
    pace.ceiling.map_or_else(
        || doc! { "$literal": false },
        |ceiling| doc! { "$gte": [row(), ceiling] },
    )
}

/// The failures since the last success, whatever has sunk since.
fn row() -> Document {
    doc! { "$ifNull": ["$row", 0.0] }
}

fn known_of(account: &CounterKey) -> Document {
    doc! { "account": binary(account) }
}

fn binary(key: &CounterKey) -> Binary {
    let bytes = key.0.to_vec();
    let subtype = BinarySubtype::Generic;
    Binary { subtype, bytes }
}

fn by(key: &CounterKey) -> Document {
    doc! { "_id": binary(key) }
}

fn known(key: &CounterKey, now: chrono::DateTime<Utc>) -> Document {
    let mut known = by(key);
    known.insert("knownUntil", doc! { "$gt": DateTime::from(now) });
    known
}

/// As a number to calculate with; every duration here is far below what it holds exactly.
fn millis(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}
