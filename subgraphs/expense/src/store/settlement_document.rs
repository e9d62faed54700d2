use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson;
use serde::{Deserialize, Serialize};

use super::change_document::KindDocument;
use super::contents_document::currency;
use super::creation_document::CreationDocument;
use super::expense_document::{from_bson, to_bson};
use super::sharing_document::{surprise, uuids};
use crate::domain::{Creation, Money, Settlement, SettlementChange, SettlementId, SettlementPayment};

/// A settlement as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettlementDocument {
    #[serde(rename = "_id", with = "ids")]
    id: SettlementId,
    #[serde(with = "ids")]
    household: HouseholdId,
    /// Who recorded it.
    #[serde(with = "ids")]
    owner: UserId,
    /// The number of its last write in its household's ledger.
    seq: i64,
    version: i32,
    #[serde(with = "ids")]
    from: UserId,
    #[serde(with = "ids")]
    to: UserId,
    currency: String,
    minor: i64,
    date: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    restricted: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden_from: Option<Vec<bson::Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reveal_on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reveal_at: Option<bson::DateTime>,
    voided: bool,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voided_at: Option<bson::DateTime>,
    /// It has an end: a settlement is voided and restored so often at most.
    history: Vec<StepDocument>,
    #[serde(flatten)]
    creation: CreationDocument,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
struct StepDocument {
    kind: KindDocument,
    #[serde(with = "ids")]
    by: UserId,
    at: bson::DateTime,
}

impl SettlementDocument {
    pub(super) fn new(settlement: &Settlement, seq: i64, creation: &Creation) -> Self {
        let payment = &settlement.payment;
        let hidden = payment.surprise.as_ref();
        Self {
            id: settlement.id,
            household: settlement.household,
            owner: settlement.creator,
            seq,
            version: settlement.version(),
            from: payment.from,
            to: payment.to,
            currency: payment.amount.currency().code().to_owned(),
            minor: payment.amount.minor(),
            date: payment.date.to_string(),
            note: payment.note.clone(),
            restricted: hidden.is_some(),
            hidden_from: hidden.map(|surprise| uuids(&surprise.hidden_from)),
            reveal_on: hidden.map(|surprise| surprise.reveal_on.to_string()),
            reveal_at: hidden.map(|surprise| to_bson(surprise.reveal_at)),
            voided: settlement.voided_at.is_some(),
            voided_at: settlement.voided_at.map(to_bson),
            history: settlement.history.iter().map(StepDocument::from).collect(),
            creation: creation.into(),
        }
    }

    /// Whether this request has recorded it.
    pub(super) fn is_of(&self, creation: &Creation) -> bool {
        self.creation.is(creation)
    }
}

/// What voiding and restoring change, as an update.
pub(super) fn update(settlement: &Settlement, seq: i64) -> mongodb::error::Result<bson::Document> {
    let steps: Vec<StepDocument> = settlement.history.iter().map(StepDocument::from).collect();
    let mut set = bson::doc! {
        "seq": seq,
        "version": settlement.version(),
        "voided": settlement.voided_at.is_some(),
        "history": bson::serialize_to_bson(&steps)?,
    };
    if let Some(at) = settlement.voided_at {
        set.insert("voidedAt", to_bson(at));
        return Ok(bson::doc! { "$set": set });
    }
    Ok(bson::doc! { "$set": set, "$unset": { "voidedAt": "" } })
}

impl From<&SettlementChange> for StepDocument {
    fn from(change: &SettlementChange) -> Self {
        Self {
            kind: change.kind.into(),
            by: change.by,
            at: to_bson(change.at),
        }
    }
}

impl TryFrom<SettlementDocument> for Settlement {
    type Error = StoreError;

    fn try_from(document: SettlementDocument) -> Result<Self, StoreError> {
        let hidden = document.hidden_from.is_some();
        let history = document.history.into_iter().map(|step| {
            Ok(SettlementChange {
                kind: step.kind.into(),
                by: step.by,
                at: from_bson(step.at)?,
            })
        });
        Ok(Self {
            id: document.id,
            household: document.household,
            creator: document.owner,
            payment: SettlementPayment {
                from: document.from,
                to: document.to,
                amount: Money::from_minor(document.minor, currency(&document.currency)?),
                date: document
                    .date
                    .parse()
                    .map_err(|_| StoreError::Corrupt(format!("{:?} is no date", document.date)))?,
                note: document.note,
                surprise: hidden
                    .then(|| surprise(document.hidden_from, document.reveal_on, document.reveal_at))
                    .transpose()?,
            },
            voided_at: document.voided_at.map(from_bson).transpose()?,
            history: history.collect::<Result<_, StoreError>>()?,
        })
    }
}
