use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::ClientSession;
use mongodb::bson::{Document, doc};
use mongodb::error::Error;
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::contents_document::currency;
use super::{ExpenseStore, decode};
use crate::domain::Absorbed;

/// What a household's ledger keeps beside its entries.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LedgerDocument {
    #[serde(rename = "_id", with = "ids")]
    id: HouseholdId,
    /// Counts the writes. Whoever writes takes the next number first, so writers of one household go one by one.
    seq: i64,
    /// Who has absorbed how much: see [`Absorbed`].
    absorbed: Vec<AbsorbedDocument>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct AbsorbedDocument {
    currency: String,
    #[serde(with = "ids")]
    member: UserId,
    units: i64,
}

/// A ledger that is held until the transaction ends.
#[derive(Debug)]
pub(super) struct HeldLedger {
    pub(super) household: HouseholdId,
    /// The number of this write.
    pub(super) seq: i64,
    pub(super) absorbed: Absorbed,
}

impl ExpenseStore {
    /// Makes sure that the household has a ledger, so that a transaction finds one to hold.
    pub(super) async fn begin_ledger(&self, household: HouseholdId) -> mongodb::error::Result<()> {
        let beginning = doc! { "$setOnInsert": { "seq": 0_i64, "absorbed": [] } };
        self.ledgers
            .update_one(doc! { "_id": ids::bson(household) }, beginning)
            .upsert(true)
            .await
            .map(|_| ())
            .or_else(|error| {
                // Somebody else was faster.
                if constellation_shared::mongo::is_duplicate_key(&error) {
                    Ok(())
                } else {
                    Err(error)
                }
            })
    }

    /// Who has absorbed how much in a household.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn absorbed(&self, household: HouseholdId) -> Result<Absorbed, StoreError> {
        let found = self
            .ledgers
            .find_one(doc! { "_id": ids::bson(household) })
            .await?;
        let ledger = found.map(HeldLedger::try_from).transpose()?;
        Ok(ledger.map(|ledger| ledger.absorbed).unwrap_or_default())
    }

    /// Takes the next number of the household's ledger, and with it the ledger, until the transaction ends.
    pub(super) async fn hold_ledger(
        &self,
        session: &mut ClientSession,
        household: HouseholdId,
    ) -> mongodb::error::Result<HeldLedger> {
        let held = self
            .ledgers
            .clone_with_type::<Document>()
            .find_one_and_update(
                doc! { "_id": ids::bson(household) },
                doc! { "$inc": { "seq": 1_i64 } },
            )
            .return_document(ReturnDocument::After)
            .session(session)
            .await?;
        held.ok_or_else(|| StoreError::Corrupt(format!("household {household} has no ledger")))
            .and_then(decode::<LedgerDocument>)
            .and_then(TryInto::try_into)
            .map_err(|error| Error::custom(error.to_string()))
    }

    /// Keeps who has absorbed how much.
    pub(super) async fn keep_absorbed(
        &self,
        session: &mut ClientSession,
        ledger: &HeldLedger,
    ) -> mongodb::error::Result<()> {
        let counts: Vec<Document> = ledger
            .absorbed
            .iter()
            .map(|(currency, member, units)| {
                doc! { "currency": currency.code(), "member": ids::bson(member), "units": units }
            })
            .collect();
        self.ledgers
            .update_one(
                doc! { "_id": ids::bson(ledger.household) },
                doc! { "$set": { "absorbed": counts } },
            )
            .session(session)
            .await?;
        Ok(())
    }
}

impl LedgerDocument {
    /// The number of the last write.
    pub(super) const fn seq(&self) -> i64 {
        self.seq
    }
}

impl TryFrom<LedgerDocument> for HeldLedger {
    type Error = StoreError;

    fn try_from(document: LedgerDocument) -> Result<Self, StoreError> {
        let counts = document.absorbed.into_iter();
        Ok(Self {
            household: document.id,
            seq: document.seq,
            absorbed: counts
                .map(|count| Ok((currency(&count.currency)?, count.member, count.units)))
                .collect::<Result<_, StoreError>>()?,
        })
    }
}
