//! What changes in an account's document as part of a transaction.

use chrono::Utc;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::ClientSession;
use mongodb::bson::{DateTime, Document, doc};
use mongodb::options::ReturnDocument;
use serde::{Deserialize, Serialize};

use super::users::{UserDocument, UserStore};
use crate::domain::{Email, EmailChange, EmailChangeId, Link, PasswordHash, Purpose, User};

type InTransaction<T> = mongodb::error::Result<T>;

/// A change of address that waits to be confirmed.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EmailChangeDocument {
    #[serde(with = "ids")]
    id: EmailChangeId,
    email: String,
    old_confirmed: bool,
    new_confirmed: bool,
}

impl UserStore {
    /// An account with the hash of its password.
    pub(crate) async fn find_with_hash(
        &self,
        id: UserId,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let found = self.0.find_one(doc! { "_id": ids::bson(id) }).await?;
        Ok(found.map(UserDocument::into_user_and_hash))
    }

    /// The account, if its owner still wants this change of address.
    pub(crate) async fn find_changing(
        &self,
        id: UserId,
        change: EmailChangeId,
    ) -> Result<Option<User>, StoreError> {
        let wanted = doc! { "_id": ids::bson(id), "emailChange.id": ids::bson(change) };
        Ok(self.0.find_one(wanted).await?.map(UserDocument::into_user))
    }

    /// The account, with the change of address that its owner wants; `None` when they want none.
    pub(crate) async fn find_with_email_change(
        &self,
        id: UserId,
    ) -> Result<Option<(User, EmailChange)>, StoreError> {
        let Some(mut document) = self.0.find_one(doc! { "_id": ids::bson(id) }).await? else {
            return Ok(None);
        };
        let change = document
            .email_change
            .take()
            .and_then(EmailChangeDocument::into_change);
        Ok(change.map(|change| (document.into_user(), change)))
    }

    /// Puts a hash in the place of the present one; `false` when that has been replaced meanwhile.
    pub(super) async fn replace_hash(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
        present: &PasswordHash,
        new: &PasswordHash,
    ) -> InTransaction<bool> {
        let unchanged = doc! { "_id": ids::bson(id), "passwordHash": &present.0 };
        let replaced = self
            .0
            .update_one(unchanged, doc! { "$set": { "passwordHash": &new.0 } })
            .session(transaction)
            .await?;
        Ok(replaced.modified_count == 1)
    }

    /// Notes a sign-in with the password of this hash, and puts a stronger hash of it in its place if there is one; `false`
    /// when the password has been replaced, or the account disabled, meanwhile. The count makes each of two that happen at the same moment write,
    /// so that they cannot miss each other.
    pub(super) async fn note_sign_in(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
        present: &PasswordHash,
        renewed: Option<&PasswordHash>,
    ) -> InTransaction<bool> {
        let unchanged = doc! { "_id": ids::bson(id), "passwordHash": &present.0, "disabledAt": null };
        let hash = renewed.unwrap_or(present);
        let signed_in = doc! { "$inc": { "signIns": 1_i64 }, "$set": { "passwordHash": &hash.0 } };
        let noted = self
            .0
            .update_one(unchanged, signed_in)
            .session(transaction)
            .await?;
        Ok(noted.modified_count == 1)
    }

    pub(super) async fn set_hash(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
        new: &PasswordHash,
    ) -> InTransaction<()> {
        self.change(transaction, id, doc! { "$set": { "passwordHash": &new.0 } })
            .await
    }

    /// Notes that the address is proven; the first moment is kept.
    pub(super) async fn verify_email(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
        now: chrono::DateTime<Utc>,
    ) -> InTransaction<()> {
        self.change(
            transaction,
            id,
            doc! { "$min": { "emailVerifiedAt": DateTime::from(now) } },
        )
        .await
    }

    pub(super) async fn begin_email_change(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
        change: &EmailChange,
    ) -> InTransaction<()> {
        let document = EmailChangeDocument {
            id: change.id,
            email: change.email.as_str().to_owned(),
            old_confirmed: change.old_confirmed,
            new_confirmed: change.new_confirmed,
        };
        let document = mongodb::bson::serialize_to_bson(&document)?;
        self.change(transaction, id, doc! { "$set": { "emailChange": document } })
            .await
    }

    pub(super) async fn forget_email_change(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
    ) -> InTransaction<()> {
        self.change(transaction, id, doc! { "$unset": { "emailChange": "" } })
            .await
    }

    /// Notes that the change which this link is about is confirmed at the link's side, and gives it as it stands now;
    /// `None` when it is not wanted any more.
    pub(super) async fn confirm_email_change(
        &self,
        transaction: &mut ClientSession,
        link: &Link,
    ) -> InTransaction<Option<EmailChange>> {
        let Some(change) = link.change else {
            return Ok(None);
        };
        let side = match link.purpose {
            Purpose::LeaveAddress => "emailChange.oldConfirmed",
            _ => "emailChange.newConfirmed",
        };
        let wanted = doc! { "_id": ids::bson(link.user), "emailChange.id": ids::bson(change) };
        let confirmed = self
            .0
            .find_one_and_update(wanted, doc! { "$set": { side: true } })
            .return_document(ReturnDocument::After)
            .session(transaction)
            .await?;
        Ok(confirmed
            .and_then(|document| document.email_change)
            .and_then(EmailChangeDocument::into_change))
    }

    /// Gives an account its new address, which its owner has just proven.
    pub(super) async fn move_to_address(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
        email: &Email,
        now: chrono::DateTime<Utc>,
    ) -> InTransaction<()> {
        let moved = doc! {
            "$set": { "email": email.as_str(), "emailKey": email.key(), "emailVerifiedAt": DateTime::from(now) },
            "$unset": { "emailChange": "" },
        };
        self.change(transaction, id, moved).await
    }

    /// Writes a new person unless the address has an account, and tells whether it did.
    pub(super) async fn insert_if_free(
        &self,
        transaction: &mut ClientSession,
        user: &User,
        email: &Email,
        hash: &PasswordHash,
    ) -> InTransaction<bool> {
        let mut document = mongodb::bson::serialize_to_document(&UserDocument::new(user, hash))?;
        document.remove("emailKey");
        let written = self
            .0
            .update_one(
                doc! { "emailKey": email.key() },
                doc! { "$setOnInsert": document },
            )
            .upsert(true)
            .session(transaction)
            .await?;
        Ok(written.upserted_id.is_some())
    }

    /// Whether an account has an address.
    pub(super) async fn has_address(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
    ) -> InTransaction<bool> {
        let with_address = doc! { "_id": ids::bson(id), "emailKey": { "$exists": true } };
        let found = self.0.count_documents(with_address).session(transaction).await?;
        Ok(found > 0)
    }

    /// Lets the time of these accounts come now.
    pub(super) async fn plan_to_erase(
        &self,
        transaction: &mut ClientSession,
        users: &[UserId],
        now: chrono::DateTime<Utc>,
    ) -> InTransaction<()> {
        let users: Vec<_> = users.iter().map(|id| ids::bson(*id)).collect();
        if !users.is_empty() {
            self.0
                .update_many(
                    doc! { "_id": { "$in": users } },
                    doc! { "$min": { "deletionDueAt": DateTime::from(now) } },
                )
                .session(transaction)
                .await?;
        }
        Ok(())
    }

    async fn change(
        &self,
        transaction: &mut ClientSession,
        id: UserId,
        change: Document,
    ) -> InTransaction<()> {
        self.0
            .update_one(doc! { "_id": ids::bson(id) }, change)
            .session(transaction)
            .await?;
        Ok(())
    }
}

impl EmailChangeDocument {
    pub(super) fn into_change(self) -> Option<EmailChange> {
        Some(EmailChange {
            id: self.id,
            email: Email::parse(&self.email)?,
            old_confirmed: self.old_confirmed,
            new_confirmed: self.new_confirmed,
        })
    }
}
