use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;
use futures_util::TryStreamExt as _;
use mongodb::bson::{Bson, Decimal128, Document, doc};
use serde::Deserialize;

use super::contents_document::currency;
use super::{ExpenseStore, decode, filter, indexes, scope};
use crate::domain::{
    Comparison, Filter, Group, Grouping, MOST_TOTALS, Month, Portion, Readable, Sum, Total, totals,
};

/// Which sums are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TotalsQuery {
    /// Of which expenses.
    pub filter: Filter,
    /// For each of what.
    pub grouping: Grouping,
    /// In which two months.
    pub compare: Option<Comparison>,
    /// Whether what has an exchange counts as what it was worth.
    pub convert: bool,
}

/// Why there are no totals.
#[derive(Debug, thiserror::Error)]
pub enum TotalsError {
    /// There are too many groups.
    #[error("there are more than {MOST_TOTALS} totals")]
    TooMany,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A group as the aggregation gives it.
#[derive(Debug, Deserialize)]
struct GroupDocument {
    #[serde(rename = "_id")]
    key: KeyDocument,
    name: Option<String>,
    sum: Decimal128,
    count: i64,
    converted: i64,
}

#[derive(Debug, Deserialize)]
struct KeyDocument {
    of: Option<Bson>,
    currency: String,
    earlier: bool,
}

impl ExpenseStore {
    /// Sums of somebody's expenses, made by the database: one for each group and currency.
    ///
    /// # Errors
    /// When there are too many, or the database fails.
    pub(crate) async fn totals(
        &self,
        owner: Readable,
        query: &TotalsQuery,
    ) -> Result<Vec<Total>, TotalsError> {
        let documents = self
            .expenses
            .aggregate(pipeline(&scope::strands_of(owner, self.clock.now()), query))
            .hint(indexes::of_totals())
            .batch_size(u32::try_from(MOST_TOTALS + 2).unwrap_or(u32::MAX))
            .await
            .map_err(StoreError::from)?;
        let documents: Vec<Document> = documents.try_collect().await.map_err(StoreError::from)?;
        if documents.len() > MOST_TOTALS {
            return Err(TotalsError::TooMany);
        }
        let portions = documents
            .into_iter()
            .map(|document| portion(query.grouping, document));
        let portions = portions.collect::<Result<Vec<_>, _>>()?;
        Ok(totals(portions, query.compare.is_some()))
    }
}

fn pipeline(strands: &[Document], query: &TotalsQuery) -> Vec<Document> {
    let voided = doc! { "voided": { "$in": filter::voided(query.filter.voided) } };
    let matching = [voided, filter::conditions(&query.filter)];
    let mut days = vec![doc! {}];
    let mut earlier = Bson::from(doc! { "$literal": false });
    if let Some(Comparison { month, with }) = query.compare {
        days = vec![days_of(month), days_of(with)];
        earlier = doc! { "$eq": [{ "$substrBytes": ["$date", 0, 7] }, with.to_string()] }.into();
    }
    // Alternatives inside of others would be checked on the expenses; side by side each is a stretch of the index.
    let strands = strands.iter().flat_map(|strand| {
        days.iter().map(|days| {
            let mut all = vec![strand.clone(), days.clone()];
            all.extend_from_slice(&matching);
            doc! { "$and": all }
        })
    });
    let mut pipeline = vec![doc! { "$match": { "$or": strands.collect::<Vec<_>>() } }];
    let mut amount = "$minor";
    let mut worth = "$worth.minor";
    let (of, name) = match query.grouping {
        // By the key, which is the same for all spellings, of which the first names the group.
        Grouping::Category => (Bson::from("$categoryKey"), doc! { "$min": "$category" }),
        Grouping::Merchant => ("$merchant".into(), doc! { "$min": "$merchant" }),
        Grouping::Tag => {
            pipeline.push(doc! { "$unwind": { "path": "$tags", "preserveNullAndEmptyArrays": true } });
            ("$tags".into(), doc! { "$min": "$tags" })
        }
        Grouping::Member => {
            // Who bears an expense that nobody shares is its owner.
            let owner = doc! { "member": "$owner", "minor": "$minor", "worth": "$worth.minor" };
            pipeline.push(doc! { "$project": {
                "currency": 1, "date": 1, "worth": 1, "shares": { "$ifNull": ["$sharing.shares", [owner]] },
            } });
            pipeline.push(doc! { "$unwind": "$shares" });
            amount = "$shares.minor";
            worth = "$shares.worth";
            ("$shares.member".into(), doc! { "$min": null })
        }
        Grouping::Month => (prefix(7), doc! { "$min": null }),
        Grouping::Year => (prefix(4), doc! { "$min": null }),
        Grouping::Currency => (Bson::Null, doc! { "$min": null }),
    };
    let (currency, minor, converted) = if query.convert {
        (
            doc! { "$ifNull": ["$worth.currency", "$currency"] }.into(),
            doc! { "$ifNull": [worth, amount] }.into(),
            // Nothing is less than a number.
            doc! { "$cond": [{ "$gt": [worth, null] }, 1_i64, 0_i64] }.into(),
        )
    } else {
        (Bson::from("$currency"), Bson::from(amount), Bson::from(0_i64))
    };
    pipeline.extend([
        doc! { "$group": {
            "_id": { "of": of, "currency": currency, "earlier": earlier },
            "name": name,
            // A sum of 64-bit integers that does not fit becomes a float; one of decimals stays exact.
            "sum": { "$sum": { "$toDecimal": minor } },
            "count": { "$sum": 1_i64 },
            "converted": { "$sum": converted },
        } },
        doc! { "$limit": i64::try_from(MOST_TOTALS + 1).unwrap_or(i64::MAX) },
    ]);
    pipeline
}

/// The beginning of the date, which is a text.
fn prefix(length: i32) -> Bson {
    doc! { "$substrBytes": ["$date", 0, length] }.into()
}

/// The days of a month, as a stretch of the index: texts between its first and its last day.
fn days_of(month: Month) -> Document {
    doc! { "date": { "$gte": format!("{month}-01"), "$lte": format!("{month}-31") } }
}

fn portion(grouping: Grouping, document: Document) -> Result<Portion, StoreError> {
    let group: GroupDocument = decode(document)?;
    // Exact: 34 digits hold the sum of more of the largest amounts than there can be expenses.
    let minor = group
        .sum
        .to_string()
        .parse()
        .map_err(|_| StoreError::Corrupt(format!("{} is no sum of integers", group.sum)))?;
    Ok(Portion {
        group: match grouping {
            Grouping::Category | Grouping::Merchant | Grouping::Tag => {
                group.name.map_or(Group::Unnamed, Group::Named)
            }
            Grouping::Member => Group::Member(person(group.key.of.as_ref())?),
            Grouping::Month => Group::Month(text(group.key.of)?),
            Grouping::Year => {
                let year = text(group.key.of)?;
                let year = year.parse();
                Group::Year(year.map_err(|_| StoreError::Corrupt("a date has no year".into()))?)
            }
            Grouping::Currency => Group::All,
        },
        currency: currency(&group.key.currency)?,
        earlier: group.key.earlier,
        sum: Sum {
            minor,
            count: group.count,
            converted: group.converted,
        },
    })
}

fn text(of: Option<Bson>) -> Result<String, StoreError> {
    match of {
        Some(Bson::String(text)) => Ok(text),
        other => Err(StoreError::Corrupt(format!("{other:?} is no part of a date"))),
    }
}

fn person(of: Option<&Bson>) -> Result<UserId, StoreError> {
    let id = match of {
        Some(Bson::Binary(binary)) => uuid::Uuid::from_slice(&binary.bytes).ok(),
        _ => None,
    };
    id.map(UserId::from_uuid)
        .ok_or_else(|| StoreError::Corrupt(format!("{of:?} is nobody's id")))
}
