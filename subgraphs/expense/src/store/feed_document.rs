//! Steps of a household's feed, as they are kept: those of expenses are their histories, and settlements have some of their
//! own, beside them. One collection and one numbering, so that one index holds the order of both.

use chrono::{DateTime, Utc};
use constellation_shared::id::{Id, UserId};
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson::{self, Document, doc};
use serde::{Deserialize, Serialize};

use super::change_document::KindDocument;
use super::expense_document::to_bson;
use super::sharing_document::VisibilityDocument;
use crate::domain::{Settlement, Visibility};

/// What a step is of. Histories of expenses do not say it: they are older than settlements are.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum SubjectDocument {
    #[default]
    Expense,
    Settlement,
}

/// A step in the life of a settlement. What it says is in the settlement itself, which says the same ever after.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SettlementStep {
    /// The settlement, in the field that the index of versions is over.
    expense: bson::Uuid,
    subject: SubjectDocument,
    #[serde(with = "ids")]
    owner: UserId,
    ledger: bson::Uuid,
    seq: i64,
    version: i32,
    kind: KindDocument,
    #[serde(with = "ids")]
    by: UserId,
    at: bson::DateTime,
    /// Who may see it, where the histories of expenses say it too: what is asked for a member is asked of both at once.
    after: VisibleDocument,
}

/// Who might see something that is shared.
#[derive(Debug, Clone, Serialize, Deserialize)]
struct VisibleDocument {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sharing: Option<VisibilityDocument>,
}

/// A step as the feed reads it: without what its subject said.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct FeedDocument {
    expense: bson::Uuid,
    #[serde(default)]
    pub(super) subject: SubjectDocument,
    #[serde(with = "ids")]
    owner: UserId,
    pub(super) seq: i64,
    pub(super) version: i32,
    pub(super) kind: KindDocument,
    #[serde(with = "ids")]
    pub(super) by: UserId,
    pub(super) at: bson::DateTime,
    #[serde(default)]
    before: Option<VisibleDocument>,
    after: VisibleDocument,
}

impl SettlementStep {
    /// The step that made the present version of a settlement; none when it has no history, which no settlement is without.
    pub(super) fn last_of(settlement: &Settlement, seq: i64) -> Option<Self> {
        let step = settlement.history.last()?;
        let surprise = settlement.payment.surprise.clone();
        let visibility = surprise.map_or(Visibility::Household, Visibility::Surprise);
        Some(Self {
            expense: bson::Uuid::from_bytes(settlement.id.as_uuid().into_bytes()),
            subject: SubjectDocument::Settlement,
            owner: settlement.creator,
            ledger: bson::Uuid::from_bytes(settlement.household.as_uuid().into_bytes()),
            seq,
            version: settlement.version(),
            kind: step.kind.into(),
            by: step.by,
            at: to_bson(step.at),
            after: VisibleDocument {
                sharing: Some((&visibility).into()),
            },
        })
    }
}

impl FeedDocument {
    /// The fields that it is read from.
    pub(super) fn projection() -> Document {
        let mut fields = doc! {
            "_id": 0, "expense": 1, "subject": 1, "owner": 1, "seq": 1, "version": 1, "kind": 1, "by": 1, "at": 1,
        };
        for side in ["before", "after"] {
            for field in ["visibility", "hiddenFrom", "revealOn", "revealAt"] {
                fields.insert(format!("{side}.sharing.{field}"), 1);
            }
        }
        fields
    }

    /// What it is a step of.
    pub(super) fn id<K>(&self) -> Id<K> {
        Id::from_bytes(self.expense.bytes())
    }

    /// What it is a step of, and which step.
    pub(super) fn place(&self) -> (bson::Uuid, i32) {
        (self.expense, self.version)
    }

    /// What its subject has been since.
    pub(super) fn visibility(&self) -> Result<Option<Visibility>, StoreError> {
        self.after.visibility()
    }

    /// Whether this member could see its subject when the step was taken, before it was.
    pub(super) fn was_open_to(&self, member: UserId) -> Result<bool, StoreError> {
        self.is_open(self.before.as_ref(), member, self.at)
    }

    /// Whether this member may see its subject at this moment, if nothing has happened to it since.
    pub(super) fn is_open_to(&self, member: UserId, at: DateTime<Utc>) -> Result<bool, StoreError> {
        self.is_open(Some(&self.after), member, to_bson(at))
    }

    fn is_open(
        &self,
        side: Option<&VisibleDocument>,
        member: UserId,
        at: bson::DateTime,
    ) -> Result<bool, StoreError> {
        let visibility = side.map(VisibleDocument::visibility).transpose()?.flatten();
        Ok(match visibility {
            None => false,
            Some(Visibility::Household) => true,
            Some(Visibility::Private) => self.owner == member,
            Some(Visibility::Surprise(surprise)) => {
                let revealed = to_bson(surprise.reveal_at) <= at;
                self.owner == member || revealed || !surprise.hidden_from.contains(&member)
            }
        })
    }
}

impl VisibleDocument {
    fn visibility(&self) -> Result<Option<Visibility>, StoreError> {
        self.sharing.clone().map(TryInto::try_into).transpose()
    }
}
