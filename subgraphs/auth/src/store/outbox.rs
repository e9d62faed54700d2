use std::time::Duration;

use chrono::Utc;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson::{DateTime, doc};
use mongodb::options::{IndexOptions, ReturnDocument};
use mongodb::{ClientSession, Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use super::erased::{as_addresses, mails_of};
use crate::domain::{Mail, MailId, Occasion};

/// The mails that are to be sent, and for some time those that were.
#[derive(Clone)]
pub(crate) struct OutboxStore(Collection<MailDocument>);

/// What came of an attempt to send a mail.
#[derive(Debug)]
pub(crate) enum Ending {
    Sent,
    /// There was nothing to send any more.
    NotNeeded,
    Postponed {
        until: chrono::DateTime<Utc>,
        reason: String,
    },
    GivenUp {
        reason: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct MailDocument {
    #[serde(rename = "_id", with = "ids")]
    id: MailId,
    to: String,
    #[serde(flatten)]
    occasion: Occasion,
    created_at: DateTime,
    attempts: i64,
    /// When somebody should take it. Whoever does moves this to the moment when another may, should they not come back.
    /// A mail without it is done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    due_at: Option<DateTime>,
}

impl OutboxStore {
    pub(super) async fn open(database: &Database) -> Result<Self, StoreError> {
        let outbox = database.collection("outbox");
        let only_waiting = IndexOptions::builder()
            .partial_filter_expression(doc! { "dueAt": { "$exists": true } })
            .build();
        let at_its_end = IndexOptions::builder().expire_after(Duration::ZERO).build();
        outbox
            .create_indexes([
                IndexModel::builder()
                    .keys(doc! { "dueAt": 1 })
                    .options(only_waiting)
                    .build(),
                IndexModel::builder()
                    .keys(doc! { "forgetAt": 1 })
                    .options(at_its_end)
                    .build(),
            ])
            .await?;
        Ok(Self(outbox))
    }

    pub(crate) async fn insert(&self, mail: &Mail) -> Result<(), StoreError> {
        self.0.insert_one(MailDocument::from(mail)).await?;
        Ok(())
    }

    /// Writes a mail together with what it is about.
    pub(super) async fn insert_in(
        &self,
        transaction: &mut ClientSession,
        mail: &Mail,
    ) -> mongodb::error::Result<()> {
        self.0
            .insert_one(MailDocument::from(mail))
            .session(transaction)
            .await?;
        Ok(())
    }

    /// Removes all mails of an erased account.
    pub(super) async fn erase(&self, user: UserId, addresses: &[String]) -> Result<(), StoreError> {
        let theirs = mails_of(user, addresses);
        self.0.delete_many(theirs).collation(as_addresses()).await?;
        Ok(())
    }

    /// Takes the mail that is due for the longest time, so that nobody else does until `lease_end`.
    pub(crate) async fn claim(
        &self,
        now: chrono::DateTime<Utc>,
        lease_end: chrono::DateTime<Utc>,
    ) -> Result<Option<Mail>, StoreError> {
        let due = doc! { "dueAt": { "$lte": DateTime::from(now) } };
        let taken = doc! { "$set": { "dueAt": DateTime::from(lease_end) }, "$inc": { "attempts": 1_i64 } };
        let claimed = self
            .0
            .find_one_and_update(due, taken)
            .sort(doc! { "dueAt": 1 })
            .return_document(ReturnDocument::After)
            .await?;
        claimed.map(Mail::try_from).transpose()
    }

    /// Notes what came of the attempt, unless another worker has taken the mail since.
    pub(crate) async fn finish(
        &self,
        mail: &Mail,
        ending: &Ending,
        now: chrono::DateTime<Utc>,
        forget_at: chrono::DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let mine = doc! { "_id": ids::bson(mail.id), "attempts": i64::from(mail.attempts), "dueAt": { "$exists": true } };
        if mail.occasion == Occasion::AccountDeleted && !matches!(ending, Ending::Postponed { .. }) {
            // Its address was kept for this mail only.
            self.0.delete_one(mine).await?;
            return Ok(());
        }
        let (now, forget_at) = (DateTime::from(now), DateTime::from(forget_at));
        // Where it was asked for is kept no longer than it takes to tell the right person.
        let done = doc! { "dueAt": "", "asker": "" };
        let note = match ending {
            Ending::Sent => {
                doc! { "$set": { "sentAt": now, "forgetAt": forget_at }, "$unset": done }
            }
            Ending::NotNeeded => {
                doc! { "$set": { "droppedAt": now, "forgetAt": forget_at }, "$unset": done }
            }
            Ending::Postponed { until, reason } => {
                doc! { "$set": { "dueAt": DateTime::from(*until), "lastError": reason } }
            }
            Ending::GivenUp { reason } => {
                doc! { "$set": { "gaveUpAt": now, "lastError": reason, "forgetAt": forget_at }, "$unset": done }
            }
        };
        self.0.update_one(mine, note).await?;
        Ok(())
    }
}

impl From<&Mail> for MailDocument {
    fn from(mail: &Mail) -> Self {
        Self {
            id: mail.id,
            to: mail.to.clone(),
            occasion: mail.occasion.clone(),
            created_at: mail.created_at.into(),
            attempts: mail.attempts.into(),
            due_at: Some(mail.created_at.into()),
        }
    }
}

impl TryFrom<MailDocument> for Mail {
    type Error = StoreError;

    fn try_from(document: MailDocument) -> Result<Self, StoreError> {
        Ok(Self {
            id: document.id,
            to: document.to,
            occasion: document.occasion,
            created_at: document.created_at.into(),
            attempts: document
                .attempts
                .try_into()
                .map_err(|_| StoreError::Corrupt("a mail's attempts are out of range".into()))?,
        })
    }
}
