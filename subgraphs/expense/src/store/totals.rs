use constellation_shared::mongo::StoreError;
use futures_util::TryStreamExt as _;
use mongodb::bson::{Decimal128, Document, doc};
use serde::Deserialize;

use super::contents_document::currency;
use super::{ExpenseStore, decode, filter, indexes, scope};
use crate::domain::{Filter, Grouping, MOST_TOTALS, Readable, Total, sort_totals};

/// Which sums are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct TotalsQuery {
    /// Of which expenses.
    pub filter: Filter,
    /// For each of what.
    pub grouping: Grouping,
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
}

#[derive(Debug, Deserialize)]
struct KeyDocument {
    month: Option<String>,
    currency: String,
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
            .aggregate(pipeline(scope::of(owner), query))
            .hint(indexes::of_totals())
            .batch_size(u32::try_from(MOST_TOTALS + 2).unwrap_or(u32::MAX))
            .await
            .map_err(StoreError::from)?;
        let documents: Vec<Document> = documents.try_collect().await.map_err(StoreError::from)?;
        if documents.len() > MOST_TOTALS {
            return Err(TotalsError::TooMany);
        }
        let mut totals = documents.into_iter().map(total).collect::<Result<Vec<_>, _>>()?;
        sort_totals(&mut totals);
        Ok(totals)
    }
}

fn pipeline(scope: Document, query: &TotalsQuery) -> [Document; 3] {
    let voided = doc! { "voided": { "$in": filter::voided(query.filter.voided) } };
    let mut key = doc! { "currency": "$currency" };
    match query.grouping {
        Grouping::Category => key.insert("category", "$categoryKey"),
        Grouping::Month => key.insert("month", doc! { "$substrBytes": ["$date", 0, 7] }),
        Grouping::Currency => None,
    };
    let name = match query.grouping {
        // Of several spellings the one that sorts first: the same one every time, and capital letters sort first.
        Grouping::Category => doc! { "$min": "$category" },
        Grouping::Month | Grouping::Currency => doc! { "$min": null },
    };
    [
        doc! { "$match": { "$and": [scope, voided, filter::conditions(&query.filter)] } },
        doc! { "$group": {
            "_id": key,
            "name": name,
            // A sum of 64-bit integers that does not fit becomes a float; one of decimals stays exact.
            "sum": { "$sum": { "$toDecimal": "$minor" } },
            "count": { "$sum": 1 },
        } },
        doc! { "$limit": i64::try_from(MOST_TOTALS + 1).unwrap_or(i64::MAX) },
    ]
}

fn total(document: Document) -> Result<Total, TotalsError> {
    let group: GroupDocument = decode(document)?;
    let currency = currency(&group.key.currency)?;
    // Exact: 34 digits hold the sum of more of the largest amounts than there can be expenses.
    let minor = group
        .sum
        .to_string()
        .parse()
        .map_err(|_| StoreError::Corrupt(format!("{} is no sum of integers", group.sum)))?;
    Ok(Total {
        category: group.name,
        month: group.key.month,
        minor,
        currency,
        count: group.count,
    })
}
