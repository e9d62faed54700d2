use constellation_shared::entropy::{Entropy, random};
use constellation_shared::mongo::StoreError;
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Document, doc};
use mongodb::options::ReturnDocument;

use super::ExpenseStore;

const SECRETS: &str = "secrets";

impl ExpenseStore {
    /// The key that the places in feeds are sealed with, the same for every replica. It protects nothing that is in this
    /// database: who can read it here can read what it hides.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn cursor_key(&self, entropy: &dyn Entropy) -> Result<[u8; 32], StoreError> {
        let new = Binary {
            subtype: BinarySubtype::Generic,
            bytes: random::<32>(entropy).to_vec(),
        };
        let kept = self
            .database
            .collection::<Document>(SECRETS)
            .find_one_and_update(
                doc! { "_id": "feedCursors" },
                doc! { "$setOnInsert": { "key": new } },
            )
            .upsert(true)
            .return_document(ReturnDocument::After)
            .await?;
        kept.as_ref()
            .and_then(|kept| kept.get_binary_generic("key").ok())
            .and_then(|key| key.as_slice().try_into().ok())
            .ok_or_else(|| StoreError::Corrupt("the key of cursors is no key".into()))
    }
}
