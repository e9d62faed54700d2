use std::collections::HashMap;

use constellation_shared::auth::Viewer;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key, newest_first, transaction};
use futures_util::{FutureExt as _, TryStreamExt as _};
use mongodb::bson::{self, Bson, Document, doc};
use mongodb::error::Error;
use mongodb::options::Hint;
use mongodb::{ClientSession, error};

use super::creation_document::binary;
use super::feed_document::SettlementStep;
use super::postings::Postings;
use super::settlement_document::{self, SettlementDocument};
use super::{ExpenseStore, indexes, scope};
use crate::domain::{
    Creation, Field, Fingerprint, Once, Page, PageRequest, Plan, Readable, Rule, Settlement, SettlementDraft,
    SettlementId, SettlementRefusal, Violation, readable_household,
};

/// What came of recording a settlement: it, and the plan for its currency from then on.
pub(crate) type Settled = Result<(Settlement, Plan), SettlementRefusal>;

#[derive(Debug, Clone)]
struct Recording {
    draft: SettlementDraft,
    creation: Creation,
    settlement: Settlement,
    by: UserId,
}

impl ExpenseStore {
    /// Writes a settlement, unless its creator's key has been used before, or something has happened since its plan was made.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn settle(
        &self,
        draft: SettlementDraft,
        creation: Creation,
        settlement: Settlement,
        by: UserId,
    ) -> Result<Settled, StoreError> {
        self.begin_ledger(draft.household).await?;
        let recording = Recording {
            draft,
            creation,
            settlement,
            by,
        };
        let context = (self.clone(), recording);
        let settled = transaction(self.client(), context, |session, (store, recording)| {
            store.attempt_settlement(session, recording.clone()).boxed()
        })
        .await?;
        Ok(settled)
    }

    async fn attempt_settlement(
        &self,
        session: &mut ClientSession,
        recording: Recording,
    ) -> error::Result<Settled> {
        let Recording {
            draft,
            creation,
            mut settlement,
            by,
        } = recording;
        let ledger = self.hold_ledger(session, draft.household).await?;
        let mut balances = self
            .balances_within(session, draft.household, by, self.clock.now())
            .await?;
        let currency = draft.payment.amount.currency();
        let plan = |balances: &_| Plan::new(balances, currency, draft.household, by);

        // Whoever repeats a request finds that its own first attempt has outdated the plan, so keys come first.
        let key = doc! { "owner": ids::bson(by), "idempotencyKey": creation.key.as_str() };
        if let Some(earlier) = self.settlements.find_one(key).session(&mut *session).await? {
            if !earlier.is_of(&creation) {
                return Ok(Err(SettlementRefusal::KeyReused));
            }
            let earlier = Settlement::try_from(earlier).map_err(|error| Error::custom(error.to_string()))?;
            return Ok(Ok((earlier, plan(&balances))));
        }
        settlement.payment.surprise = match draft.follow(&plan(&balances)) {
            Ok(surprise) => surprise,
            Err(refusal) => return Ok(Err(refusal)),
        };
        // Who has left may still pay and be paid what was owed.
        let strangers: Vec<Violation> = [(draft.payment.from, Field::From), (draft.payment.to, Field::To)]
            .into_iter()
            .filter(|(person, _)| !draft.members.contains(person) && !balances.knows(*person))
            .map(|(_, field)| Violation {
                field,
                rule: Rule::NotAMember,
            })
            .collect();
        if !strangers.is_empty() {
            return Ok(Err(SettlementRefusal::Invalid(strangers)));
        }
        let document = SettlementDocument::new(&settlement, ledger.seq, &creation);
        self.settlements
            .insert_one(document)
            .session(&mut *session)
            .await?;
        self.tell(session, &settlement, ledger.seq).await?;
        self.repost(
            session,
            entry(settlement.id),
            None,
            Postings::of_settlement(&settlement),
        )
        .await?;
        for (member, minor) in settlement.nets() {
            let surprise = settlement.payment.surprise.clone();
            balances.add(currency, surprise, member, i128::from(minor));
        }
        Ok(Ok((settlement, plan(&balances))))
    }

    /// What this very request of the viewer has recorded before, if they may still see it, and the plan for its currency now.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn settled_before(
        &self,
        viewer: &Viewer,
        key: &str,
        sent: Fingerprint,
    ) -> Result<Option<(Settlement, Plan)>, StoreError> {
        let mut filter = scope::settlements_of(viewer, self.clock.now());
        filter.extend(doc! { "owner": ids::bson(viewer.user), "idempotencyKey": key, "sent": binary(sent) });
        let Some(found) = self.settlements.find_one(filter).await? else {
            return Ok(None);
        };
        let settlement = Settlement::try_from(found)?;
        let Some(readable) = readable_household(viewer, settlement.household) else {
            return Ok(None);
        };
        let currency = settlement.payment.amount.currency();
        let balances = self.balances(readable).await?;
        let plan = Plan::new(&balances, currency, settlement.household, viewer.user);
        Ok(Some((settlement, plan)))
    }

    /// A settlement that the viewer may see.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn settlement(
        &self,
        viewer: &Viewer,
        id: SettlementId,
    ) -> Result<Option<Settlement>, StoreError> {
        let mut filter = scope::settlements_of(viewer, self.clock.now());
        filter.insert("_id", ids::bson(id));
        let found = self.settlements.find_one(filter).await?;
        found.map(TryInto::try_into).transpose()
    }

    /// Those of these settlements that the viewer may see, in one command.
    ///
    /// # Errors
    /// When the database fails.
    pub(super) async fn find_settlements(
        &self,
        viewer: &Viewer,
        wanted: &[SettlementId],
    ) -> Result<HashMap<SettlementId, Settlement>, StoreError> {
        let mut filter = scope::settlements_of(viewer, self.clock.now());
        let wanted: Vec<Bson> = wanted.iter().copied().map(ids::bson).collect();
        // All in the first batch, so that it is one command whatever their number.
        let batch = u32::try_from(wanted.len()).unwrap_or(u32::MAX).saturating_add(1);
        filter.insert("_id", doc! { "$in": wanted });
        let found = self.settlements.find(filter).batch_size(batch).await?;
        let found = found.map_err(StoreError::from).and_then(async |document| {
            let settlement = Settlement::try_from(document)?;
            Ok((settlement.id, settlement))
        });
        found.try_collect().await
    }

    /// Tells the household's feed of the last step of a settlement.
    async fn tell(
        &self,
        session: &mut ClientSession,
        settlement: &Settlement,
        seq: i64,
    ) -> error::Result<()> {
        if let Some(step) = SettlementStep::last_of(settlement, seq) {
            let steps = self.changes.clone_with_type::<SettlementStep>();
            steps.insert_one(step).session(session).await?;
        }
        Ok(())
    }

    /// Writes the next version of a settlement, if it still is the version before and the key has not been used. Says whether
    /// it was.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn resettle(
        &self,
        before: Settlement,
        next: Settlement,
        once: Option<&Once>,
    ) -> Result<bool, StoreError> {
        let context = (self.clone(), before, next, once.cloned());
        let written = transaction(self.client(), context, |session, (store, before, next, once)| {
            async move {
                let ledger = store.hold_ledger(session, next.household).await?;
                let present = doc! { "_id": ids::bson(next.id), "version": before.version() };
                let update = settlement_document::update(next, ledger.seq)?;
                let updated = store
                    .settlements
                    .update_one(present, update)
                    .session(&mut *session)
                    .await?;
                if updated.matched_count == 0 {
                    return Ok(false);
                }
                store.use_with(session, once.as_ref()).await?;
                store.tell(session, next, ledger.seq).await?;
                let postings = (Postings::of_settlement(before), Postings::of_settlement(next));
                store
                    .repost(session, entry(next.id), postings.0, postings.1)
                    .await?;
                Ok(true)
            }
            .boxed()
        })
        .await;
        match written {
            // The same request was faster, on another connection.
            Err(error) if once.is_some() && is_duplicate_key(&error) => Ok(false),
            written => Ok(written?),
        }
    }

    /// A page of a household's settlements, the one that was recorded last first.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn settlements(
        &self,
        readable: Readable,
        request: &PageRequest<SettlementId>,
    ) -> Result<Page<Settlement>, StoreError> {
        let here = scope::settlements(readable, self.clock.now());
        self.settlements_of(&here, request, None).await
    }

    /// A page of the settlements that the viewer has recorded in the households that they belong to, the last one first.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn recorded_settlements(
        &self,
        viewer: &Viewer,
        request: &PageRequest<SettlementId>,
    ) -> Result<Page<Settlement>, StoreError> {
        let recorded = scope::recorded_settlements(viewer, self.clock.now());
        self.settlements_of(&recorded, request, Some(indexes::of_recorded()))
            .await
    }

    async fn settlements_of(
        &self,
        matching: &Document,
        request: &PageRequest<SettlementId>,
        hint: Option<Hint>,
    ) -> Result<Page<Settlement>, StoreError> {
        newest_first(&self.settlements, matching, request, hint)
            .await?
            .try_map(Settlement::try_from)
    }
}

fn entry(id: SettlementId) -> bson::Uuid {
    bson::Uuid::from_bytes(id.as_uuid().into_bytes())
}
