use mongodb::bson::{Binary, spec::BinarySubtype};
use serde::{Deserialize, Serialize};

use crate::domain::{Creation, Fingerprint};

/// What is kept of the request that recorded something. It is never changed, whatever becomes of what was recorded.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CreationDocument {
    /// Who may not use this key for something else is the owner.
    idempotency_key: String,
    /// Of what the input means.
    fingerprint: Binary,
    /// Of the input as it was written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sent: Option<Binary>,
}

impl From<&Creation> for CreationDocument {
    fn from(creation: &Creation) -> Self {
        Self {
            idempotency_key: creation.key.as_str().to_owned(),
            fingerprint: binary(creation.meaning),
            sent: Some(binary(creation.sent)),
        }
    }
}

impl CreationDocument {
    /// Whether this request has come again.
    pub(super) fn is(&self, creation: &Creation) -> bool {
        let is_sent = self.sent.as_ref().is_some_and(|sent| sent.bytes == creation.sent);
        is_sent || self.fingerprint.bytes == creation.meaning
    }
}

/// A fingerprint as it is kept.
pub(super) fn binary(fingerprint: Fingerprint) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: fingerprint.to_vec(),
    }
}
