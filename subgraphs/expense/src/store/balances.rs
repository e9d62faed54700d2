use chrono::{DateTime, Utc};
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::ClientSession;
use mongodb::bson::{self, Decimal128, Document, doc};
use serde::Deserialize;

use super::contents_document::currency;
use super::expense_document::to_bson;
use super::{ExpenseStore, POSTINGS, decode, indexes, sharing_document};
use crate::domain::{BalanceRow, Balances, Books, Readable};

/// More rows than any household's balances have come in the first batch, so that it is one command.
const BATCH: u32 = 100_000;

#[derive(Debug, Deserialize)]
struct RowDocument {
    #[serde(rename = "_id")]
    key: KeyDocument,
    sum: Decimal128,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct KeyDocument {
    currency: String,
    #[serde(with = "ids")]
    member: UserId,
    hidden_from: Option<Vec<bson::Uuid>>,
    reveal_on: Option<String>,
    reveal_at: Option<bson::DateTime>,
}

impl ExpenseStore {
    /// All balances that may be read here, summed up by the database in one command.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn balances(&self, readable: Readable) -> Result<Balances, StoreError> {
        let Books::Household(household, viewer) = readable.books() else {
            return Ok(Balances::default());
        };
        let now = self.clock.now();
        let restricted = restricted(household, viewer, now);
        let mut both = open(household).to_vec();
        both.push(doc! { "$unionWith": { "coll": POSTINGS, "pipeline": &restricted[..] } });
        let documents = self
            .postings
            .aggregate(both)
            .hint(indexes::of_balances())
            .batch_size(BATCH)
            .await?;
        read(documents.try_collect().await?, now)
    }

    /// The same, as a transaction sees them: with one command more, for a transaction must not unite collections.
    pub(super) async fn balances_within(
        &self,
        session: &mut ClientSession,
        household: HouseholdId,
        viewer: UserId,
        now: DateTime<Utc>,
    ) -> mongodb::error::Result<Balances> {
        let mut rows = Vec::new();
        for pipeline in [open(household), restricted(household, viewer, now)] {
            let mut documents = self
                .postings
                .aggregate(pipeline)
                .hint(indexes::of_balances())
                .batch_size(BATCH)
                .session(&mut *session)
                .await?;
            let documents: Vec<Document> = documents.stream(session).try_collect().await?;
            rows.extend(documents);
        }
        read(rows, now).map_err(|error| mongodb::error::Error::custom(error.to_string()))
    }
}

/// The few postings that are or were hidden from somebody are looked at one by one.
fn restricted(household: HouseholdId, viewer: UserId, now: DateTime<Utc>) -> [Document; 2] {
    let seen = [
        doc! { "revealAt": { "$lte": to_bson(now) } },
        doc! { "hiddenFrom": { "$ne": ids::bson(viewer) } },
    ];
    [
        doc! { "$match": { "household": ids::bson(household), "restricted": true, "$or": &seen[..] } },
        doc! { "$group": {
            "_id": {
                "currency": "$currency", "member": "$member",
                "hiddenFrom": "$hiddenFrom", "revealOn": "$revealOn", "revealAt": "$revealAt",
            },
            "sum": sum(),
        } },
    ]
}

fn read(documents: Vec<Document>, now: DateTime<Utc>) -> Result<Balances, StoreError> {
    let rows = documents.into_iter().map(row).collect::<Result<Vec<_>, _>>()?;
    Ok(Balances::new(rows, now))
}

/// What everybody sees is summed up from the index alone.
fn open(household: HouseholdId) -> [Document; 2] {
    [
        doc! { "$match": { "household": ids::bson(household), "restricted": false } },
        doc! { "$group": { "_id": { "currency": "$currency", "member": "$member" }, "sum": sum() } },
    ]
}

fn sum() -> Document {
    doc! { "$sum": { "$toDecimal": "$minor" } }
}

fn row(document: Document) -> Result<BalanceRow, StoreError> {
    let RowDocument { key, sum } = decode(document)?;
    let surprise = key
        .hidden_from
        .is_some()
        .then(|| sharing_document::surprise(key.hidden_from, key.reveal_on, key.reveal_at))
        .transpose()?;
    Ok(BalanceRow {
        currency: currency(&key.currency)?,
        member: key.member,
        minor: whole(sum)?,
        surprise,
    })
}

/// A sum of integers, which 34 digits hold exactly.
pub(super) fn whole(sum: Decimal128) -> Result<i128, StoreError> {
    sum.to_string()
        .parse()
        .map_err(|_| StoreError::Corrupt(format!("{sum} is no sum of integers")))
}
