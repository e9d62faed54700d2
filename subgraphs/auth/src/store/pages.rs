use constellation_shared::id::Id;
use constellation_shared::mongo::ids;
use constellation_shared::page::{From as End, Page, PageRequest, Scanned};
use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use serde::de::DeserializeOwned;

/// A page of the documents that match, those with the latest ids first.
pub(super) async fn newest_first<D, Kind>(
    collection: &Collection<D>,
    matching: &Document,
    request: &PageRequest<Id<Kind>>,
) -> mongodb::error::Result<Page<D>>
where
    D: DeserializeOwned + Send + Sync + Unpin,
{
    let with_id = |range: Document| {
        let mut filter = matching.clone();
        if !range.is_empty() {
            filter.insert("_id", range);
        }
        filter
    };
    // The list runs from new to old, so its start is where the ids are greatest.
    let (direction, onward, short_of, at_or_behind, at_or_beyond) = match request.from {
        End::Start => (-1, "$lt", "$gt", "$gte", "$lte"),
        End::End => (1, "$gt", "$lt", "$lte", "$gte"),
    };
    let (start, end) = request.span();
    let mut range = Document::new();
    if let Some(start) = start {
        range.insert(onward, ids::bson(*start));
    }
    if let Some(end) = end {
        range.insert(short_of, ids::bson(*end));
    }
    let limit = request.size.saturating_add(1);
    let items = collection
        .find(with_id(range))
        .sort(doc! { "_id": direction })
        .limit(i64::try_from(limit).unwrap_or(i64::MAX))
        .await?
        .try_collect()
        .await?;
    let there_is = async |operator: &str, edge: Option<&Id<Kind>>| match edge {
        Some(edge) => collection
            .find_one(with_id(doc! { operator: ids::bson(*edge) }))
            .await
            .map(|found| found.is_some()),
        None => Ok(false),
    };
    Ok(request.page(Scanned {
        items,
        behind: there_is(at_or_behind, start).await?,
        beyond: there_is(at_or_beyond, end).await?,
    }))
}
