//! Keys under which changes were made. A key is written in the transaction of its change, so neither is without the other.

use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson::{Binary, doc};
use mongodb::{ClientSession, error};
use serde::{Deserialize, Serialize};

use super::ExpenseStore;
use super::creation_document::binary;
use crate::domain::Once;

/// A key that was used.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct KeyDocument {
    #[serde(with = "ids")]
    person: UserId,
    key: String,
    fingerprint: Binary,
}

/// What a key was used for before.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Used {
    /// This very change.
    ForThis,
    /// Another one.
    ForAnother,
}

impl From<&Once> for KeyDocument {
    fn from(once: &Once) -> Self {
        Self {
            person: once.person,
            key: once.key.as_str().to_owned(),
            fingerprint: binary(once.fingerprint),
        }
    }
}

impl ExpenseStore {
    /// What the key was used for, if it was.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn used(&self, once: &Once) -> Result<Option<Used>, StoreError> {
        let filter = doc! { "person": ids::bson(once.person), "key": once.key.as_str() };
        let found = self.keys.find_one(filter).await?;
        Ok(found.map(|used| {
            if used.fingerprint.bytes == once.fingerprint {
                Used::ForThis
            } else {
                Used::ForAnother
            }
        }))
    }

    /// Uses the key of a change that found nothing to do. Says whether it was still to be had.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn use_up(&self, once: &Once) -> Result<bool, StoreError> {
        match self.keys.insert_one(KeyDocument::from(once)).await {
            Ok(_) => Ok(true),
            Err(error) if constellation_shared::mongo::is_duplicate_key(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Uses the key together with its change.
    pub(super) async fn use_with(
        &self,
        session: &mut ClientSession,
        once: Option<&Once>,
    ) -> error::Result<()> {
        if let Some(once) = once {
            self.keys
                .insert_one(KeyDocument::from(once))
                .session(session)
                .await?;
        }
        Ok(())
    }
}
