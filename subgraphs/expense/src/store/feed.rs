//! What happens in a household, in the order in which it was written.
//!
//! Whoever writes into a household's ledger takes its next number, and holds it until the transaction ends. So the numbers
//! are in the order of the commits: whoever has seen one will never see a lower one appear.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, TimeDelta, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{self, Document, Uuid, doc};
use mongodb::options::Hint;
use serde::Deserialize;

use super::expense_document::{from_bson, to_bson};
use super::feed_document::{FeedDocument, SubjectDocument};
use super::{ExpenseStore, indexes, scope};
use crate::domain::{
    Books, Expense, ExpenseId, FeedEntry, FeedKind, FeedPage, FeedPosition, FeedSubject, Readable,
    Settlement, SettlementId, Visibility,
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

    /// What happened after this place, as far as the viewer may know it: in at most five commands.
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
        let mut told: Vec<(FeedDocument, FeedPosition)> = Vec::new();
        if after.seq > 0 {
            let mut filter = scope::revealed_to(member, (after.revealed, after.revealed_seq), now);
            filter.insert("ledger", ids::bson(household));
            filter.insert("seq", doc! { "$lte": after.seq });
            let order = doc! { "after.sharing.revealAt": 1, "seq": 1 };
            for step in self.steps(filter, order, indexes::of_revealed(), limit).await? {
                let visibility = step.visibility()?;
                let surprise = visibility.as_ref().and_then(Visibility::surprise);
                let position = FeedPosition {
                    seq: after.seq,
                    revealed: surprise.map_or(now, |surprise| surprise.reveal_at),
                    revealed_seq: step.seq,
                };
                told.push((step, position));
            }
        }
        let revealed = told.len();
        let shown_before = self.shown_before(member, &told).await?;
        if told.len() < limit {
            let filter = doc! {
                "ledger": ids::bson(household),
                "seq": { "$gt": after.seq },
                "$or": [scope::open_to(member, "after", now), scope::open_to(member, "before", now)],
            };
            let rest = limit - told.len();
            for step in self
                .steps(filter, doc! { "seq": 1 }, indexes::of_feed(), rest)
                .await?
            {
                let position = FeedPosition {
                    seq: step.seq,
                    revealed: now.max(after.revealed),
                    revealed_seq: i64::MAX,
                };
                told.push((step, position));
            }
        }
        let more = told.len() > size;
        told.truncate(size);
        let end = told.last().map_or(after, |(_, position)| *position);
        let present = self.present(viewer, &told).await?;
        let mut entries = Vec::with_capacity(told.len());
        for (place, (step, position)) in told.into_iter().enumerate() {
            let subject = present.of(&step);
            let tells = if place < revealed {
                !subject.is_withdrawn() && !shown_before.contains(&step.place())
            } else {
                // Only the step that withdrew something says so: others, of what was never seen, would tell that there is
                // something. They are told on the day of their reveal.
                step.was_open_to(member)? || (!subject.is_withdrawn() && step.is_open_to(member, now)?)
            };
            if tells {
                entries.push(entry(&step, subject, position)?);
            }
        }
        Ok(FeedPage { entries, end, more })
    }

    /// Those of these steps that a later one undid before their reveal: what they hid was shown then, and is no news on
    /// the day on which it would have been revealed.
    async fn shown_before(
        &self,
        member: UserId,
        revealed: &[(FeedDocument, FeedPosition)],
    ) -> Result<HashSet<(Uuid, i32)>, StoreError> {
        let mut undone = Vec::new();
        let mut hid = Vec::new();
        for (step, position) in revealed {
            let (expense, version) = step.place();
            let before = position.revealed - TimeDelta::milliseconds(1);
            let mut later = scope::open_to(member, "after", before);
            later.extend(doc! {
                "expense": expense, "version": { "$gt": version }, "at": { "$lte": to_bson(before) },
            });
            undone.push(later);
            hid.push((expense, version, before));
        }
        if undone.is_empty() {
            return Ok(HashSet::new());
        }
        let found = self
            .changes
            .clone_with_type::<Undoing>()
            .find(doc! { "$or": undone })
            .projection(doc! { "_id": 0, "expense": 1, "version": 1, "at": 1 })
            .await?;
        let found: Vec<Undoing> = found.try_collect().await?;
        let is_undone = |(expense, version, before): &(Uuid, i32, DateTime<Utc>)| {
            found.iter().any(|step| {
                step.expense == *expense && step.version > *version && step.at <= to_bson(*before)
            })
        };
        let undone = hid.into_iter().filter(is_undone);
        Ok(undone.map(|(expense, version, _)| (expense, version)).collect())
    }

    async fn steps(
        &self,
        filter: Document,
        order: Document,
        hint: Hint,
        limit: usize,
    ) -> Result<Vec<FeedDocument>, StoreError> {
        let found = self
            .changes
            .clone_with_type::<FeedDocument>()
            .find(filter)
            .projection(FeedDocument::projection())
            .sort(order)
            .hint(hint)
            .limit(i64::try_from(limit).unwrap_or(i64::MAX))
            .await?;
        Ok(found.try_collect().await?)
    }

    /// What these steps are of, as far as the viewer may see it now.
    async fn present(
        &self,
        viewer: &Viewer,
        steps: &[(FeedDocument, FeedPosition)],
    ) -> Result<Present, StoreError> {
        let of = |subject| {
            steps
                .iter()
                .map(|(step, _)| step)
                .filter(move |step| step.subject == subject)
        };
        let expenses: Vec<ExpenseId> = of(SubjectDocument::Expense).map(FeedDocument::id).collect();
        let settlements: Vec<SettlementId> = of(SubjectDocument::Settlement).map(FeedDocument::id).collect();
        let mut present = Present::default();
        if !expenses.is_empty() {
            present.expenses = self.find(viewer, &expenses).await?;
        }
        if !settlements.is_empty() {
            present.settlements = self.find_settlements(viewer, &settlements).await?;
        }
        Ok(present)
    }
}

/// A step that brought back what an earlier one had hidden.
#[derive(Debug, Deserialize)]
struct Undoing {
    expense: Uuid,
    version: i32,
    at: bson::DateTime,
}

/// What a part of the feed is about, as it is now.
#[derive(Default)]
struct Present {
    expenses: HashMap<ExpenseId, Expense>,
    settlements: HashMap<SettlementId, Settlement>,
}

impl Present {
    fn of(&self, step: &FeedDocument) -> FeedSubject {
        match step.subject {
            SubjectDocument::Expense => {
                let id = step.id();
                FeedSubject::Expense(id, self.expenses.get(&id).cloned().map(Box::new))
            }
            SubjectDocument::Settlement => {
                let id = step.id();
                FeedSubject::Settlement(id, self.settlements.get(&id).cloned().map(Box::new))
            }
        }
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
fn entry(step: &FeedDocument, subject: FeedSubject, position: FeedPosition) -> Result<FeedEntry, StoreError> {
    Ok(FeedEntry {
        kind: if subject.is_withdrawn() {
            FeedKind::Withdrawn
        } else {
            FeedKind::Change(step.kind.into())
        },
        subject,
        version: step.version,
        by: step.by,
        at: from_bson(step.at)?,
        position,
    })
}
