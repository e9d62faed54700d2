use constellation_shared::mongo::StoreError;
use serde::{Deserialize, Serialize};

use super::exchange_document::ExchangeDocument;
use super::sharing_document::SharingDocument;
use crate::domain::{Category, Contents, Currency, Money};

/// What an expense says, as it is kept: in the expense itself, and twice in every change.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContentsDocument {
    /// ISO 4217.
    currency: String,
    /// The amount in the currency's smallest units.
    minor: i64,
    description: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    merchant: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    category: Option<String>,
    tags: Vec<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    notes: Option<String>,
    /// A day of the calendar as `YYYY-MM-DD`: a BSON date would be a moment, and move with the time zone.
    date: String,
    /// How a household shares it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sharing: Option<SharingDocument>,
    /// What it was worth in another currency.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exchange: Option<ExchangeDocument>,
}

impl From<&Contents> for ContentsDocument {
    fn from(contents: &Contents) -> Self {
        Self {
            currency: contents.amount.currency().code().to_owned(),
            minor: contents.amount.minor(),
            description: contents.description.clone(),
            merchant: contents.merchant.clone(),
            category: contents
                .category
                .as_ref()
                .map(|category| category.name().to_owned()),
            tags: contents.tags.clone(),
            notes: contents.notes.clone(),
            date: contents.date.to_string(),
            sharing: contents
                .sharing
                .as_ref()
                .map(|sharing| SharingDocument::new(sharing, contents.worth_of_shares())),
            exchange: contents.exchange.as_ref().map(ExchangeDocument::from),
        }
    }
}

impl TryFrom<ContentsDocument> for Contents {
    type Error = StoreError;

    fn try_from(document: ContentsDocument) -> Result<Self, StoreError> {
        Ok(Self {
            amount: Money::from_minor(document.minor, currency(&document.currency)?),
            description: document.description,
            merchant: document.merchant,
            category: document.category.map(Category::stored),
            tags: document.tags,
            notes: document.notes,
            date: document
                .date
                .parse()
                .map_err(|_| StoreError::Corrupt(format!("{:?} is no date", document.date)))?,
            sharing: document.sharing.map(TryInto::try_into).transpose()?,
            exchange: document.exchange.map(TryInto::try_into).transpose()?,
        })
    }
}

/// The currency of a stored code.
pub(super) fn currency(code: &str) -> Result<Currency, StoreError> {
    Currency::from_code(code).map_err(|_| StoreError::Corrupt(format!("{code:?} is no currency")))
}
