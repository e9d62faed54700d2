use chrono::{DateTime, Utc};
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson::{self, Bson};
use serde::{Deserialize, Serialize};

use super::contents_document::ContentsDocument;
use super::creation_document::CreationDocument;
use super::exchange_document::WorthDocument;
use crate::domain::{Category, Contents, Creation, Expense, ExpenseId};

/// An expense as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExpenseDocument {
    #[serde(rename = "_id", with = "ids")]
    id: ExpenseId,
    /// Who recorded it.
    #[serde(with = "ids")]
    owner: UserId,
    /// Where it lies: the id of its household, or else of its owner.
    ledger: bson::Uuid,
    /// Whether a household shares it.
    shared: bool,
    /// Whether it is hidden from some members of its household, or was at one time.
    restricted: bool,
    /// The number of its last write in its household's ledger.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seq: Option<i64>,
    version: i32,
    #[serde(flatten)]
    contents: ContentsDocument,
    /// What filters and totals compare: the category without regard to case.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category_key: Option<String>,
    /// What totals sum up in place of the amount when they convert.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    worth: Option<WorthDocument>,
    /// What a search in the texts compares: all of them, folded.
    search: String,
    /// Says what `voidedAt` says, in a form that an index can answer from.
    voided: bool,
    created_at: bson::DateTime,
    updated_at: bson::DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    voided_at: Option<bson::DateTime>,
    #[serde(flatten)]
    creation: CreationDocument,
}

impl ExpenseDocument {
    pub(super) fn new(expense: &Expense, creation: &Creation, seq: Option<i64>) -> Self {
        let ledger = expense
            .household
            .map_or(expense.owner.as_uuid(), |household| household.as_uuid());
        Self {
            id: expense.id,
            owner: expense.owner,
            ledger: bson::Uuid::from_bytes(ledger.into_bytes()),
            shared: expense.household.is_some(),
            restricted: restricted(expense),
            seq,
            version: expense.version,
            contents: (&expense.contents).into(),
            category_key: category_key(&expense.contents),
            worth: expense.contents.worth().map(Into::into),
            search: expense.contents.search_text(),
            voided: expense.voided_at.is_some(),
            created_at: to_bson(expense.created_at),
            updated_at: to_bson(expense.updated_at),
            voided_at: expense.voided_at.map(to_bson),
            creation: creation.into(),
        }
    }

    /// Whether this request has recorded it.
    pub(super) fn is_of(&self, creation: &Creation) -> bool {
        self.creation.is(creation)
    }
}

/// Everything that a change can change, as an update's `$set` and `$unset`.
///
/// Not a replacement of the whole document, so that fields of a later version survive an older one.
pub(super) fn update(expense: &Expense, seq: Option<i64>) -> mongodb::error::Result<bson::Document> {
    let mut set = bson::serialize_to_document(&ContentsDocument::from(&expense.contents))?;
    set.insert("version", expense.version);
    set.insert("search", expense.contents.search_text());
    set.insert("voided", expense.voided_at.is_some());
    set.insert("restricted", restricted(expense));
    if let Some(seq) = seq {
        set.insert("seq", seq);
    }
    set.insert("updatedAt", to_bson(expense.updated_at));
    if let Some(worth) = expense.contents.worth() {
        set.insert("worth", bson::serialize_to_bson(&WorthDocument::from(worth))?);
    }
    let mut unset = bson::Document::new();
    let optional = [
        ("categoryKey", category_key(&expense.contents).map(Bson::from)),
        ("voidedAt", expense.voided_at.map(|at| to_bson(at).into())),
    ];
    for (field, value) in optional {
        match value {
            Some(value) => set.insert(field, value),
            None => unset.insert(field, ""),
        };
    }
    for field in ["merchant", "category", "notes", "exchange", "worth"] {
        if !set.contains_key(field) {
            unset.insert(field, "");
        }
    }
    let mut update = bson::doc! { "$set": set };
    if !unset.is_empty() {
        update.insert("$unset", unset);
    }
    Ok(update)
}

impl TryFrom<ExpenseDocument> for Expense {
    type Error = StoreError;

    fn try_from(document: ExpenseDocument) -> Result<Self, StoreError> {
        let contents: Contents = document.contents.try_into()?;
        if document.shared != contents.sharing.is_some() {
            return Err(StoreError::Corrupt(format!(
                "expense {} is both shared and not",
                document.id
            )));
        }
        if document.voided != document.voided_at.is_some() {
            return Err(StoreError::Corrupt(format!(
                "expense {} is both voided and not",
                document.id
            )));
        }
        Ok(Self {
            id: document.id,
            owner: document.owner,
            household: document
                .shared
                .then(|| HouseholdId::from_bytes(document.ledger.bytes())),
            version: document.version,
            contents,
            created_at: from_bson(document.created_at)?,
            updated_at: from_bson(document.updated_at)?,
            voided_at: document.voided_at.map(from_bson).transpose()?,
        })
    }
}

fn restricted(expense: &Expense) -> bool {
    let sharing = expense.contents.sharing.as_ref();
    sharing.is_some_and(|sharing| sharing.visibility.is_restricted())
}

fn category_key(contents: &Contents) -> Option<String> {
    contents.category.as_ref().map(Category::key).map(str::to_owned)
}

pub(super) fn to_bson(moment: DateTime<Utc>) -> bson::DateTime {
    bson::DateTime::from_millis(moment.timestamp_millis())
}

pub(super) fn from_bson(moment: bson::DateTime) -> Result<DateTime<Utc>, StoreError> {
    DateTime::from_timestamp_millis(moment.timestamp_millis())
        .ok_or_else(|| StoreError::Corrupt(format!("{moment:?} is no moment")))
}
