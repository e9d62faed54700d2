//! What happens in a household, in the order in which it was written.
//!
//! Whoever writes into a household's ledger takes its next number, and holds it until the transaction ends. So the numbers
//! are in the order of the commits: whoever has seen one will never see a lower one appear.

use std::collections::HashMap;

use constellation_shared::auth::Viewer;
use constellation_shared::household::HouseholdId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{Document, doc};
use mongodb::options::Hint;

use super::change_document::ChangeDocument;
use super::{ExpenseStore, indexes, scope};
use crate::domain::{
    Books, Change, Expense, ExpenseId, FeedEntry, FeedKind, FeedPage, FeedPosition, Readable,
};

impl ExpenseStore {
    /// The place at which a household is now: after it comes what happens next.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn feed_end(&self, household: HouseholdId) -> Result<FeedPosition, StoreError> {
        // The moment is taken first: what is revealed meanwhile is told twice rather than never.
        let revealed = self.clock.now();
        let found = self
            .ledgers
            .find_one(doc! { "_id": ids::bson(household) })
            .await?;
        Ok(FeedPosition {
            seq: found.map_or(0, |ledger| ledger.seq()),
            revealed,
            revealed_seq: i64::MAX,
        })
    }

    /// What happened after this place, as far as the viewer may know it: in at most four commands.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn feed(
        &self,
        viewer: &Viewer,
        readable: Readable,
        after: FeedPosition,
        size: usize,
    ) -> Result<FeedPage, StoreError> {
        let Books::Household(household, member) = readable.books() else {
            return Ok(FeedPage::empty(after));
        };
        let now = self.clock.now();
        let limit = size + 1;
        // What has been revealed since lies before the place: it comes first.
        let mut told: Vec<(Change, FeedPosition)> = Vec::new();
        if after.seq > 0 {
            let mut filter = scope::revealed_to(member, (after.revealed, after.revealed_seq), now);
            filter.insert("ledger", ids::bson(household));
            filter.insert("seq", doc! { "$lte": after.seq });
            let order = doc! { "after.sharing.revealAt": 1, "seq": 1 };
            for document in self.entries(filter, order, indexes::of_revealed(), limit).await? {
                let seq = document.seq();
                let change = Change::try_from(document)?;
                let sharing = change.after.sharing.as_ref();
                let surprise = sharing.and_then(|sharing| sharing.visibility.surprise());
                let position = FeedPosition {
                    seq: after.seq,
                    revealed: surprise.map_or(now, |surprise| surprise.reveal_at),
                    revealed_seq: seq,
                };
                told.push((change, position));
            }
        }
        if told.len() < limit {
            let filter = doc! {
                "ledger": ids::bson(household),
                "seq": { "$gt": after.seq },
                "$or": [scope::open_to(member, "after", now), scope::open_to(member, "before", now)],
            };
            let rest = limit - told.len();
            for document in self
                .entries(filter, doc! { "seq": 1 }, indexes::of_feed(), rest)
                .await?
            {
                let position = FeedPosition {
                    seq: document.seq(),
                    revealed: now.max(after.revealed),
                    revealed_seq: i64::MAX,
                };
                told.push((document.try_into()?, position));
            }
        }
        let more = told.len() > size;
        told.truncate(size);
        let end = told.last().map_or(after, |(_, position)| *position);
        let ids: Vec<ExpenseId> = told.iter().map(|(change, _)| change.expense).collect();
        let present = if ids.is_empty() {
            HashMap::new()
        } else {
            self.find(viewer, &ids).await?
        };
        let entries = told
            .into_iter()
            .map(|(change, position)| entry(&change, position, &present));
        Ok(FeedPage {
            entries: entries.collect(),
            end,
            more,
        })
    }

    async fn entries(
        &self,
        filter: Document,
        order: Document,
        hint: Hint,
        limit: usize,
    ) -> Result<Vec<ChangeDocument>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        let found = self
            .changes
            .find(filter)
            .sort(order)
            .hint(hint)
            .limit(limit)
            .await?;
        Ok(found.try_collect().await?)
    }
}

impl FeedPage {
    /// Nothing after this place.
    pub(crate) const fn empty(after: FeedPosition) -> Self {
        Self {
            entries: Vec::new(),
            end: after,
            more: false,
        }
    }
}

/// What the viewer is told. What they could see once and cannot see now has been withdrawn from them.
fn entry(change: &Change, position: FeedPosition, present: &HashMap<ExpenseId, Expense>) -> FeedEntry {
    let expense = present.get(&change.expense).cloned();
    FeedEntry {
        id: change.expense,
        kind: match expense {
            Some(_) => FeedKind::Change(change.kind),
            None => FeedKind::Withdrawn,
        },
        expense,
        version: change.version,
        by: change.by,
        at: change.at,
        position,
    }
}
