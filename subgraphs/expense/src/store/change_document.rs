use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson;
use serde::{Deserialize, Serialize};

use super::contents_document::ContentsDocument;
use super::expense_document::{from_bson, to_bson};
use crate::domain::{Change, ChangeKind, Expense, ExpenseId};

/// A change as it is kept. It is written once and never touched again.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ChangeDocument {
    #[serde(with = "ids")]
    expense: ExpenseId,
    /// Who recorded the expense.
    #[serde(with = "ids")]
    owner: UserId,
    /// The household whose ledger it is in, and its number there: they are in the order in which they were written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ledger: Option<bson::Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
    version: i32,
    kind: KindDocument,
    #[serde(with = "ids")]
    by: UserId,
    at: bson::DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    before: Option<ContentsDocument>,
    after: ContentsDocument,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum KindDocument {
    Created,
    Updated,
    Voided,
    Restored,
}

impl ChangeDocument {
    pub(super) fn new(expense: &Expense, change: &Change, seq: Option<i64>) -> Self {
        Self {
            expense: change.expense,
            owner: expense.owner,
            ledger: expense
                .household
                .map(|household| bson::Uuid::from_bytes(household.as_uuid().into_bytes())),
            seq,
            version: change.version,
            kind: change.kind.into(),
            by: change.by,
            at: to_bson(change.at),
            before: change.before.as_ref().map(ContentsDocument::from),
            after: (&change.after).into(),
        }
    }
}

impl TryFrom<ChangeDocument> for Change {
    type Error = StoreError;

    fn try_from(document: ChangeDocument) -> Result<Self, StoreError> {
        Ok(Self {
            expense: document.expense,
            version: document.version,
            kind: document.kind.into(),
            by: document.by,
            at: from_bson(document.at)?,
            before: document.before.map(TryInto::try_into).transpose()?,
            after: document.after.try_into()?,
        })
    }
}

impl From<ChangeKind> for KindDocument {
    fn from(kind: ChangeKind) -> Self {
        match kind {
            ChangeKind::Created => Self::Created,
            ChangeKind::Updated => Self::Updated,
            ChangeKind::Voided => Self::Voided,
            ChangeKind::Restored => Self::Restored,
        }
    }
}

impl From<KindDocument> for ChangeKind {
    fn from(kind: KindDocument) -> Self {
        match kind {
            KindDocument::Created => Self::Created,
            KindDocument::Updated => Self::Updated,
            KindDocument::Voided => Self::Voided,
            KindDocument::Restored => Self::Restored,
        }
    }
}
