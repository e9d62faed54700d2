use chrono::Utc;
use constellation_shared::id::SessionId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::IndexModel;
use mongodb::bson::{DateTime, doc};
use mongodb::options::IndexOptions;
use serde::{Deserialize, Serialize};

use super::SessionStore;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct EndedDocument {
    #[serde(rename = "_id", with = "ids")]
    id: SessionId,
    ended_at: DateTime,
}

/// It holds all that the feed asks for, of ended sessions only, so that reading it every second costs next to nothing.
pub(super) fn index() -> IndexModel {
    let ended = IndexOptions::builder()
        .partial_filter_expression(doc! { "endedAt": { "$exists": true } })
        .build();
    IndexModel::builder()
        .keys(doc! { "endedAt": 1, "_id": 1 })
        .options(ended)
        .build()
}

impl SessionStore {
    /// The sessions that ended after this moment, whoever ended them, and when.
    pub(crate) async fn ended_since(
        &self,
        moment: chrono::DateTime<Utc>,
    ) -> Result<Vec<(SessionId, chrono::DateTime<Utc>)>, StoreError> {
        let found = self
            .0
            .clone_with_type::<EndedDocument>()
            .find(doc! { "endedAt": { "$gt": DateTime::from(moment) } })
            .projection(doc! { "endedAt": 1 })
            .await?;
        Ok(found
            .map_ok(|document| (document.id, document.ended_at.into()))
            .try_collect()
            .await?)
    }
}
