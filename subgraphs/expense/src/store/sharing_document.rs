use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson;
use serde::{Deserialize, Serialize};

use super::expense_document::{from_bson, to_bson};
use crate::domain::{Part, Payment, Share, Sharing, Split, SplitRule, Surprise, Visibility};

/// How an expense is shared, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct SharingDocument {
    payers: Vec<PaymentDocument>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    split: Option<SplitDocument>,
    shares: Vec<ShareDocument>,
    #[serde(flatten)]
    visibility: VisibilityDocument,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PaymentDocument {
    #[serde(with = "ids")]
    member: UserId,
    minor: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct SplitDocument {
    rule: RuleDocument,
    parts: Vec<PartDocument>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum RuleDocument {
    Equal,
    Exact,
    Percent,
    Shares,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
struct PartDocument {
    #[serde(with = "ids")]
    member: UserId,
    weight: i64,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ShareDocument {
    #[serde(with = "ids")]
    member: UserId,
    minor: i64,
    leftover: bool,
    absorbed_before: i64,
    absorbed: i64,
    /// What it was worth in the currency of the expense's exchange, for sums: derived, and never read back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    worth: Option<i64>,
}

/// Who may see something of a household, as it is kept.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct VisibilityDocument {
    visibility: KindDocument,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    hidden_from: Option<Vec<bson::Uuid>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reveal_on: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    reveal_at: Option<bson::DateTime>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
enum KindDocument {
    Household,
    Private,
    Surprise,
}

impl SharingDocument {
    /// With what each share was worth, if it was worth something in another currency.
    pub(super) fn new(sharing: &Sharing, worths: Option<Vec<i64>>) -> Self {
        let worths = worths.map_or_else(
            || vec![None; sharing.shares.len()],
            |worths| worths.into_iter().map(Some).collect(),
        );
        Self {
            payers: sharing
                .payers
                .iter()
                .map(|&Payment { member, minor }| PaymentDocument { member, minor })
                .collect(),
            split: sharing.split.as_ref().map(SplitDocument::from),
            shares: sharing
                .shares
                .iter()
                .zip(worths)
                .map(|(share, worth)| ShareDocument::new(share, worth))
                .collect(),
            visibility: (&sharing.visibility).into(),
        }
    }
}

impl TryFrom<SharingDocument> for Sharing {
    type Error = StoreError;

    fn try_from(document: SharingDocument) -> Result<Self, StoreError> {
        Ok(Self {
            payers: document
                .payers
                .into_iter()
                .map(|PaymentDocument { member, minor }| Payment { member, minor })
                .collect(),
            split: document.split.map(Split::from),
            shares: document.shares.into_iter().map(Share::from).collect(),
            visibility: document.visibility.try_into()?,
        })
    }
}

impl From<&Split> for SplitDocument {
    fn from(split: &Split) -> Self {
        Self {
            rule: match split.rule {
                SplitRule::Equal => RuleDocument::Equal,
                SplitRule::Exact => RuleDocument::Exact,
                SplitRule::Percent => RuleDocument::Percent,
                SplitRule::Shares => RuleDocument::Shares,
            },
            parts: split
                .parts
                .iter()
                .map(|&Part { member, weight }| PartDocument { member, weight })
                .collect(),
        }
    }
}

impl From<SplitDocument> for Split {
    fn from(document: SplitDocument) -> Self {
        Self {
            rule: match document.rule {
                RuleDocument::Equal => SplitRule::Equal,
                RuleDocument::Exact => SplitRule::Exact,
                RuleDocument::Percent => SplitRule::Percent,
                RuleDocument::Shares => SplitRule::Shares,
            },
            parts: document
                .parts
                .into_iter()
                .map(|PartDocument { member, weight }| Part { member, weight })
                .collect(),
        }
    }
}

impl ShareDocument {
    fn new(share: &Share, worth: Option<i64>) -> Self {
        Self {
            member: share.member,
            minor: share.minor,
            leftover: share.leftover,
            absorbed_before: share.absorbed_before,
            absorbed: share.absorbed,
            worth,
        }
    }
}

impl From<ShareDocument> for Share {
    fn from(document: ShareDocument) -> Self {
        Self {
            member: document.member,
            minor: document.minor,
            leftover: document.leftover,
            absorbed_before: document.absorbed_before,
            absorbed: document.absorbed,
        }
    }
}

impl From<&Visibility> for VisibilityDocument {
    fn from(visibility: &Visibility) -> Self {
        let surprise = visibility.surprise();
        Self {
            visibility: match visibility {
                Visibility::Household => KindDocument::Household,
                Visibility::Private => KindDocument::Private,
                Visibility::Surprise(_) => KindDocument::Surprise,
            },
            hidden_from: surprise.map(|surprise| uuids(&surprise.hidden_from)),
            reveal_on: surprise.map(|surprise| surprise.reveal_on.to_string()),
            reveal_at: surprise.map(|surprise| to_bson(surprise.reveal_at)),
        }
    }
}

impl TryFrom<VisibilityDocument> for Visibility {
    type Error = StoreError;

    fn try_from(document: VisibilityDocument) -> Result<Self, StoreError> {
        match document.visibility {
            KindDocument::Household => Ok(Self::Household),
            KindDocument::Private => Ok(Self::Private),
            KindDocument::Surprise => {
                surprise(document.hidden_from, document.reveal_on, document.reveal_at).map(Self::Surprise)
            }
        }
    }
}

/// The surprise that these stored fields are.
pub(super) fn surprise(
    hidden_from: Option<Vec<bson::Uuid>>,
    reveal_on: Option<String>,
    reveal_at: Option<bson::DateTime>,
) -> Result<Surprise, StoreError> {
    let (Some(hidden_from), Some(reveal_on), Some(reveal_at)) = (hidden_from, reveal_on, reveal_at) else {
        return Err(StoreError::Corrupt(
            "a surprise does not say for whom and until when".into(),
        ));
    };
    Ok(Surprise {
        hidden_from: hidden_from
            .into_iter()
            .map(|uuid| UserId::from_bytes(uuid.bytes()))
            .collect(),
        reveal_on: reveal_on
            .parse()
            .map_err(|_| StoreError::Corrupt(format!("{reveal_on:?} is no date")))?,
        reveal_at: from_bson(reveal_at)?,
    })
}

/// Ids as they are kept in a list.
pub(super) fn uuids(people: &[UserId]) -> Vec<bson::Uuid> {
    let people = people.iter();
    people
        .map(|person| bson::Uuid::from_bytes(person.as_uuid().into_bytes()))
        .collect()
}
