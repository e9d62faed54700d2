use constellation_shared::mongo::StoreError;
use serde::{Deserialize, Serialize};

use super::contents_document::currency;
use crate::domain::{Basis, Exchange, Rate};

/// What an expense was worth in another currency, as it is kept: a rate, or what was charged.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExchangeDocument {
    /// ISO 4217.
    to: String,
    /// A text, because no number of BSON keeps its decimals beside 64 bits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    rate: Option<String>,
    /// In smallest units.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    charged: Option<i64>,
    on: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
}

/// What sums are made of: derived from the exchange and the amount, and never read back.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct WorthDocument {
    currency: String,
    minor: i64,
}

impl From<crate::domain::Money> for WorthDocument {
    fn from(worth: crate::domain::Money) -> Self {
        Self {
            currency: worth.currency().code().to_owned(),
            minor: worth.minor(),
        }
    }
}

impl From<&Exchange> for ExchangeDocument {
    fn from(exchange: &Exchange) -> Self {
        let (rate, charged) = match exchange.basis {
            Basis::Rate(rate) => (Some(rate.number().to_string()), None),
            Basis::Charged(minor) => (None, Some(minor)),
        };
        Self {
            to: exchange.to.code().to_owned(),
            rate,
            charged,
            on: exchange.on.to_string(),
            source: exchange.source.clone(),
        }
    }
}

impl TryFrom<ExchangeDocument> for Exchange {
    type Error = StoreError;

    fn try_from(document: ExchangeDocument) -> Result<Self, StoreError> {
        let corrupt = |what: &str| StoreError::Corrupt(format!("an exchange has no {what}"));
        let basis = match (&document.rate, document.charged) {
            (Some(rate), None) => {
                let number = rate.parse().ok();
                let rate = number.and_then(|number| Rate::new(number).ok());
                Basis::Rate(rate.ok_or_else(|| corrupt("rate that is one"))?)
            }
            (None, Some(minor)) => Basis::Charged(minor),
            _ => return Err(corrupt("one basis")),
        };
        Ok(Self {
            basis,
            to: currency(&document.to)?,
            on: document.on.parse().map_err(|_| corrupt("date that is one"))?,
            source: document.source,
        })
    }
}
