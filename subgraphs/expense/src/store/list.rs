use std::slice;

use constellation_shared::mongo::StoreError;
use futures_util::TryStreamExt as _;
use mongodb::bson::{Document, doc};

use super::span::{Itself, beyond, sort, up_to};
use super::{ExpenseStore, filter, indexes, scope};
use crate::domain::{
    Direction, Expense, Filter, From, Order, Page, PageRequest, Position, Readable, Scanned,
};

/// Which expenses of somebody are asked for.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ListQuery {
    /// Which.
    pub filter: Filter,
    /// In which order.
    pub order: Order,
    /// Which part of them.
    pub page: PageRequest<Position>,
}

impl ListQuery {
    /// The way that reading goes: against the order when the page is asked for from the end.
    const fn direction(&self) -> Direction {
        match self.page.from {
            From::Start => self.order.direction,
            From::End => self.order.direction.reversed(),
        }
    }
}

impl ExpenseStore {
    /// A page of somebody's expenses: read off the index in its order, so that it costs as much as it holds.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn list(&self, owner: Readable, query: &ListQuery) -> Result<Page<Expense>, StoreError> {
        let direction = query.direction();
        let (start, end) = query.page.span();
        let matching =
            doc! { "$and": [scope::of(owner, self.clock.now()), filter::conditions(&query.filter)] };

        let mut wanted = vec![matching.clone()];
        if let Some(end) = end {
            wanted.push(up_to(end, direction));
            wanted.push(doc! { "$or": beyond(end, direction.reversed(), Itself::Excluded) });
        }
        let limit = query.page.size + 1;
        let batch = u32::try_from(limit).unwrap_or(u32::MAX);
        let documents = self
            .expenses
            .find(stretches(
                &wanted,
                query,
                &start.map_or_else(everywhere, |start| beyond(start, direction, Itself::Excluded)),
            ))
            .sort(sort(query.order.field, direction))
            .hint(indexes::of_list(query.order.field))
            .limit(i64::from(batch))
            .batch_size(batch.saturating_add(1))
            .await?;
        let items: Vec<Expense> = documents
            .map_err(StoreError::from)
            .and_then(async |document| document.try_into())
            .try_collect()
            .await?;

        // Whether there is more in the direction of reading is seen in the item too many; what lies on the other side
        // of a cursor has to be asked for.
        let beyond_end = match end {
            Some(end) if items.len() < limit => {
                self.any(query, &matching, beyond(end, direction, Itself::Included))
                    .await?
            }
            _ => false,
        };
        let behind = match start {
            Some(start) => {
                self.any(
                    query,
                    &matching,
                    beyond(start, direction.reversed(), Itself::Included),
                )
                .await?
            }
            None => false,
        };
        Ok(query.page.page(Scanned {
            items,
            behind,
            beyond: beyond_end,
        }))
    }

    async fn any(
        &self,
        query: &ListQuery,
        matching: &Document,
        there: Vec<Document>,
    ) -> Result<bool, StoreError> {
        let found = self
            .expenses
            .clone_with_type::<Document>()
            .find_one(stretches(slice::from_ref(matching), query, &there))
            .projection(doc! { "_id": 1 })
            .hint(indexes::of_list(query.order.field))
            .await?;
        Ok(found.is_some())
    }
}

/// The one stretch that is the whole list.
fn everywhere() -> Vec<Document> {
    vec![doc! {}]
}

/// What meets all of `conditions` and lies in one of the stretches, written so that each is one range of the index and
/// MongoDB only has to merge them, which it does in order.
fn stretches(conditions: &[Document], query: &ListQuery, stretches: &[Document]) -> Document {
    let voided = filter::voided(query.filter.voided).iter();
    let ranges = voided.flat_map(|voided| {
        stretches.iter().map(move |stretch| {
            let mut all = vec![doc! { "voided": voided }, stretch.clone()];
            all.extend_from_slice(conditions);
            doc! { "$and": all }
        })
    });
    doc! { "$or": ranges.collect::<Vec<_>>() }
}
