use bson::{Document, doc};
use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::action::Action as _;
use mongodb::options::Hint;
use serde::de::DeserializeOwned;

use super::ids;
use crate::id::Id;
use crate::page::{From as End, Page, PageRequest, Scanned};

/// A page of the documents that match, those with the latest ids first: read off the index that `hint` names, or off the
/// one that MongoDB chooses.
///
/// # Errors
/// When the database fails, or a document is none of these.
pub async fn newest_first<D, Kind>(
    collection: &Collection<D>,
    matching: &Document,
    request: &PageRequest<Id<Kind>>,
    hint: Option<Hint>,
) -> mongodb::error::Result<Page<D>>
where
    D: DeserializeOwned + Send + Sync + Unpin,
{
    let within = |bounds: [(&str, Option<&Id<Kind>>); 2]| {
        let mut all = vec![matching.clone()];
        let bounds = bounds
            .into_iter()
            .filter_map(|(operator, id)| Some((operator, id?)));
        all.extend(bounds.map(|(operator, id)| doc! { "_id": { operator: ids::bson(*id) } }));
        doc! { "$and": all }
    };
    // The list runs from new to old, so its start is where the ids are greatest.
    let (direction, onward, short_of, at_or_behind, at_or_beyond) = match request.from {
        End::Start => (-1, "$lt", "$gt", "$gte", "$lte"),
        End::End => (1, "$gt", "$lt", "$lte", "$gte"),
    };
    let (start, end) = request.span();
    let limit = u32::try_from(request.size).unwrap_or(u32::MAX).saturating_add(1);
    let found = collection
        .find(within([(onward, start), (short_of, end)]))
        .sort(doc! { "_id": direction })
        .limit(limit.into())
        // All in the first batch, so that it is one command.
        .batch_size(limit.saturating_add(1))
        .optional(hint.clone(), mongodb::action::Find::hint)
        .await?;
    let items: Vec<D> = found.try_collect().await?;
    let there_is = async |operator: &str, edge: Option<&Id<Kind>>| {
        if edge.is_none() {
            return mongodb::error::Result::Ok(false);
        }
        let found = collection
            .clone_with_type::<Document>()
            .find_one(within([(operator, edge), ("", None)]))
            .projection(doc! { "_id": 1 })
            .optional(hint.clone(), mongodb::action::FindOne::hint)
            .await?;
        Ok(found.is_some())
    };
    // Whether there is more in the direction of reading is seen in the item too many.
    let full = items.len() > request.size;
    Ok(request.page(Scanned {
        behind: there_is(at_or_behind, start).await?,
        beyond: !full && there_is(at_or_beyond, end).await?,
        items,
    }))
}
