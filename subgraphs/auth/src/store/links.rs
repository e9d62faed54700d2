use std::time::Duration;

use chrono::Utc;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime, Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use crate::domain::{BadLink, EmailChangeId, Link, LinkHash, MailId, Purpose};

/// The links in mails: for each person and purpose the latest one, as a hash.
#[derive(Clone)]
pub(crate) struct LinkStore(Collection<LinkDocument>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct LinkDocument {
    /// Person and purpose, so that there is one of each.
    #[serde(rename = "_id")]
    id: String,
    #[serde(with = "ids")]
    user_id: UserId,
    purpose: Purpose,
    #[serde(with = "ids")]
    mail_id: MailId,
    change: Option<EmailChangeId>,
    hash: Binary,
    expires_at: DateTime,
    /// When it was used, or stopped working because of something else. It is kept: were it gone, a mail that is sent once
    /// more would make it work again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime>,
}

impl LinkStore {
    pub(super) async fn open(database: &Database) -> Result<Self, StoreError> {
        let links = database.collection("links");
        let at_its_end = IndexOptions::builder().expire_after(Duration::ZERO).build();
        links
            .create_indexes([
                IndexModel::builder().keys(doc! { "hash": 1 }).build(),
                IndexModel::builder().keys(doc! { "userId": 1 }).build(),
                IndexModel::builder()
                    .keys(doc! { "forgetAt": 1 })
                    .options(at_its_end)
                    .build(),
            ])
            .await?;
        Ok(Self(links))
    }

    /// Makes this link the one that works, in the place of an older one. It stays as it is, and the answer is `false`,
    /// when a newer mail has one or when this very link has ended.
    pub(crate) async fn offer(
        &self,
        link: &Link,
        forget_at: chrono::DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let id = format!("{}:{}", link.user, name(link.purpose));
        let mail = ids::bson(link.mail);
        // Ids of mails are in the order of their making.
        let replaceable = doc! { "_id": &id, "$or": [
            { "mailId": { "$lt": &mail } },
            { "mailId": &mail, "endedAt": null },
        ] };
        let document = LinkDocument {
            id,
            user_id: link.user,
            purpose: link.purpose,
            mail_id: link.mail,
            change: link.change,
            hash: binary(&link.hash),
            expires_at: link.expires_at.into(),
            ended_at: None,
        };
        let mut fields = mongodb::bson::serialize_to_document(&document)
            .map_err(|error| StoreError::Corrupt(error.to_string()))?;
        fields.remove("_id");
        fields.insert("forgetAt", DateTime::from(forget_at));
        let written = self
            .0
            .update_one(replaceable, doc! { "$set": fields, "$unset": { "endedAt": "" } })
            .upsert(true)
            .await;
        match written {
            Ok(_) => Ok(true),
            // There is one, and it may not be replaced.
            Err(error) if is_duplicate_key(&error) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// The link with this hash that works now for one of these purposes.
    pub(crate) async fn find(
        &self,
        hash: &LinkHash,
        purposes: &[Purpose],
        now: chrono::DateTime<Utc>,
    ) -> Result<Result<Link, BadLink>, StoreError> {
        let purposes: Vec<_> = purposes.iter().map(|purpose| name(*purpose)).collect();
        let wanted = doc! { "hash": binary(hash), "purpose": { "$in": purposes }, "endedAt": null };
        let Some(document) = self.0.find_one(wanted).await? else {
            return Ok(Err(BadLink::Invalid));
        };
        let link = Link::try_from(document)?;
        Ok(if link.expires_at > now {
            Ok(link)
        } else {
            Err(BadLink::Expired)
        })
    }

    /// Uses a link up, together with what it is used for. `false` when it does not work any more: a link is used at most
    /// once, however many try.
    pub(super) async fn use_up(
        &self,
        transaction: &mut ClientSession,
        link: &Link,
        now: chrono::DateTime<Utc>,
    ) -> mongodb::error::Result<bool> {
        let now = DateTime::from(now);
        let working = doc! {
            "hash": binary(&link.hash),
            "purpose": name(link.purpose),
            "endedAt": null,
            "expiresAt": { "$gt": now },
        };
        let used = self
            .0
            .update_one(working, doc! { "$set": { "endedAt": now } })
            .session(transaction)
            .await?;
        Ok(used.modified_count == 1)
    }

    /// Removes links for good: those of an erased account.
    pub(super) async fn erase(&self, matching: Document) -> Result<(), StoreError> {
        self.0.delete_many(matching).await?;
        Ok(())
    }

    /// Ends all links of a person, together with the change that makes them pointless. The one to keep an account never is:
    /// whoever took an account over and had it deleted must not take that way too.
    pub(super) async fn end_all(
        &self,
        transaction: &mut ClientSession,
        user: UserId,
        now: chrono::DateTime<Utc>,
    ) -> mongodb::error::Result<()> {
        let keeping = name(Purpose::KeepAccount);
        let working = doc! { "userId": ids::bson(user), "endedAt": null, "purpose": { "$ne": keeping } };
        self.0
            .update_many(working, doc! { "$set": { "endedAt": DateTime::from(now) } })
            .session(transaction)
            .await?;
        Ok(())
    }
}

fn binary(hash: &LinkHash) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: hash.0.to_vec(),
    }
}

const fn name(purpose: Purpose) -> &'static str {
    match purpose {
        Purpose::VerifyEmail => "VERIFY_EMAIL",
        Purpose::ResetPassword => "RESET_PASSWORD",
        Purpose::LeaveAddress => "LEAVE_ADDRESS",
        Purpose::TakeAddress => "TAKE_ADDRESS",
        Purpose::KeepAccount => "KEEP_ACCOUNT",
    }
}

impl TryFrom<LinkDocument> for Link {
    type Error = StoreError;

    fn try_from(document: LinkDocument) -> Result<Self, StoreError> {
        let hash = document
            .hash
            .bytes
            .try_into()
            .map_err(|_| StoreError::Corrupt("a link's hash has another length".into()))?;
        Ok(Self {
            user: document.user_id,
            purpose: document.purpose,
            mail: document.mail_id,
            change: document.change,
            hash: LinkHash(hash),
            expires_at: document.expires_at.into(),
        })
    }
}
