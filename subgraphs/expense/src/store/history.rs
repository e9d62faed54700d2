use std::collections::HashMap;

use constellation_shared::auth::Viewer;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use serde::Deserialize;

use super::change_document::ChangeDocument;
use super::{CHANGES, EXPENSES, ExpenseStore, decode, scope};
use crate::domain::{Change, Contents, ExpenseId, From, PageRequest};

/// Which part of histories is asked for; positions are versions, and the newest comes first.
pub(crate) type HistoryQuery = PageRequest<i32>;

#[derive(Debug, Deserialize)]
struct HistoryDocument {
    #[serde(with = "ids")]
    expense: ExpenseId,
    changes: Vec<ChangeDocument>,
}

impl ExpenseStore {
    /// What an expense said in this version, if there was one and the viewer may see it.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn contents_at(
        &self,
        viewer: &Viewer,
        id: ExpenseId,
        version: i32,
    ) -> Result<Option<Contents>, StoreError> {
        // Whoever may see an expense may see what it said before.
        let mut filter = scope::visible_to(viewer, self.clock.now());
        filter.insert("_id", ids::bson(id));
        if self.expenses.find_one(filter).await?.is_none() {
            return Ok(None);
        }
        let filter = doc! { "expense": ids::bson(id), "version": version };
        let change = self.changes.find_one(filter).await?;
        Ok(change
            .map(Change::try_from)
            .transpose()?
            .map(|change| change.after))
    }

    /// The same part of the histories of all these expenses, in one command. Each is in the order of reading, with one
    /// change more than the page has, if there is one.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn histories(
        &self,
        viewer: &Viewer,
        wanted: &[ExpenseId],
        query: &HistoryQuery,
    ) -> Result<HashMap<ExpenseId, Vec<Change>>, StoreError> {
        let parents: Vec<Document> = wanted
            .iter()
            .map(|id| doc! { "expense": ids::bson(*id) })
            .collect();
        let way = match query.from {
            From::Start => -1,
            From::End => 1,
        };
        let open = scope::with_history_for(viewer, self.clock.now());
        let mut versions = vec![doc! {}];
        versions.extend(query.after.map(|version| doc! { "version": { "$lt": version } }));
        versions.extend(query.before.map(|version| doc! { "version": { "$gt": version } }));
        let pipeline = [
            doc! { "$documents": parents },
            doc! { "$lookup": {
                "from": EXPENSES,
                "localField": "expense",
                "foreignField": "_id",
                "pipeline": [{ "$match": open }, { "$project": { "_id": 1 } }],
                "as": "open",
            } },
            doc! { "$match": { "open": { "$ne": [] } } },
            doc! { "$lookup": {
                "from": CHANGES,
                "localField": "expense",
                "foreignField": "expense",
                "pipeline": [
                    { "$match": { "$and": versions } },
                    { "$sort": { "version": way } },
                    { "$limit": i64::try_from(query.size + 1).unwrap_or(i64::MAX) },
                ],
                "as": "changes",
            } },
        ];
        let batch = u32::try_from(wanted.len()).unwrap_or(u32::MAX).saturating_add(1);
        let documents = self.database.aggregate(pipeline).batch_size(batch).await?;
        let documents: Vec<Document> = documents.try_collect().await?;
        let mut histories = HashMap::new();
        for document in documents {
            let history: HistoryDocument = decode(document)?;
            let changes = history.changes.into_iter().map(Change::try_from);
            histories.insert(history.expense, changes.collect::<Result<_, _>>()?);
        }
        Ok(histories)
    }
}
