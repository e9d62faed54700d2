use std::net::IpAddr;
use std::time::Duration;

use chrono::Utc;
use constellation_shared::id::{SessionId, UserId};
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime, Document, doc};
use mongodb::options::{IndexOptions, ReadConcern, ReturnDocument};
use mongodb::{ClientSession, Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use super::ended_sessions;
use crate::domain::{Device, EndReason, RefreshToken, Session, TokenHash};

/// How long a linearizable read may wait for the majority before it is given up.
const PATIENCE: Duration = Duration::from_secs(5);

/// The sessions.
#[derive(Clone)]
pub(crate) struct SessionStore(pub(super) Collection<SessionDocument>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct SessionDocument {
    #[serde(rename = "_id", with = "ids")]
    id: SessionId,
    #[serde(with = "ids")]
    user_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    created_at: DateTime,
    generation: i64,
    key_id: String,
    current_hash: Binary,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    parent_hash: Option<Binary>,
    rotated_at: DateTime,
    expires_at: DateTime,
    /// MongoDB removes the document some time after this moment. Until then an ended session is kept, so that its
    /// owner can be told why.
    ends_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end_reason: Option<String>,
}

impl SessionStore {
    pub(super) async fn open(database: &Database) -> Result<Self, StoreError> {
        let sessions = database.collection("sessions");
        let at_its_end = IndexOptions::builder().expire_after(Duration::ZERO).build();
        sessions
            .create_indexes([
                IndexModel::builder()
                    .keys(doc! { "endsAt": 1 })
                    .options(at_its_end)
                    .build(),
                IndexModel::builder()
                    .keys(doc! { "userId": 1, "_id": -1 })
                    .build(),
                ended_sessions::index(),
            ])
            .await?;
        Ok(Self(sessions))
    }

    pub(super) async fn insert_in(
        &self,
        transaction: &mut ClientSession,
        session: &Session,
    ) -> mongodb::error::Result<()> {
        self.0
            .insert_one(SessionDocument::from(session))
            .session(transaction)
            .await?;
        Ok(())
    }

    /// Puts `successor` in the place of `token`, in one conditional write: it happens only if the token is the
    /// current one of a session that has neither ended nor expired, and so only once, however many try.
    pub(crate) async fn rotate(
        &self,
        token: &RefreshToken,
        successor: &RefreshToken,
        key_id: &str,
        now: chrono::DateTime<Utc>,
        idle_end: chrono::DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError> {
        let moment: DateTime = now.into();
        let living_and_current = doc! {
            "_id": ids::bson(token.session()),
            "currentHash": binary(&token.hash()),
            "endedAt": null,
            "expiresAt": { "$gt": moment },
            "endsAt": { "$gt": moment },
        };
        let rotation = doc! { "$set": {
            "generation": i64::from(successor.generation()),
            "keyId": key_id,
            "parentHash": binary(&token.hash()),
            "currentHash": binary(&successor.hash()),
            "rotatedAt": moment,
            "expiresAt": DateTime::from(idle_end),
        } };
        let rotated = self
            .0
            .find_one_and_update(living_and_current, rotation)
            .return_document(ReturnDocument::After)
            .await?;
        rotated.map(Session::try_from).transpose()
    }

    /// The session as the majority has it. A majority read could still show the state before a rotation that another
    /// request has just made; a linearizable one cannot.
    pub(crate) async fn find(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        let found = self
            .0
            .find_one(doc! { "_id": ids::bson(id) })
            .read_concern(ReadConcern::linearizable())
            .max_time(PATIENCE)
            .await?;
        found.map(Session::try_from).transpose()
    }

    /// Ends a session. One that has ended keeps its first reason; then this is `false`.
    pub(crate) async fn end(
        &self,
        id: SessionId,
        reason: EndReason,
        now: chrono::DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let living = doc! { "_id": ids::bson(id), "endedAt": null };
        let end = doc! { "$set": { "endedAt": DateTime::from(now), "endReason": reason_name(reason) } };
        Ok(self.0.update_one(living, end).await?.modified_count > 0)
    }

    /// Ends every session of a person but this one, and counts those that had not ended yet.
    pub(crate) async fn end_all(
        &self,
        user: UserId,
        but: Option<SessionId>,
        reason: EndReason,
        now: chrono::DateTime<Utc>,
    ) -> Result<u64, StoreError> {
        let (living, end) = ending_all(user, but, reason, now);
        Ok(self.0.update_many(living, end).await?.modified_count)
    }

    /// The same, together with the change that ends them.
    pub(super) async fn end_all_in(
        &self,
        transaction: &mut ClientSession,
        user: UserId,
        but: Option<SessionId>,
        reason: EndReason,
        now: chrono::DateTime<Utc>,
    ) -> mongodb::error::Result<u64> {
        let (living, end) = ending_all(user, but, reason, now);
        let ended = self.0.update_many(living, end).session(transaction).await?;
        Ok(ended.modified_count)
    }
}

fn ending_all(
    user: UserId,
    but: Option<SessionId>,
    reason: EndReason,
    now: chrono::DateTime<Utc>,
) -> (Document, Document) {
    let mut living = doc! { "userId": ids::bson(user), "endedAt": null };
    if let Some(kept) = but {
        living.insert("_id", doc! { "$ne": ids::bson(kept) });
    }
    let end = doc! { "$set": { "endedAt": DateTime::from(now), "endReason": reason_name(reason) } };
    (living, end)
}

fn binary(hash: &TokenHash) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: hash.0.to_vec(),
    }
}

fn token_hash(binary: Binary) -> Result<TokenHash, StoreError> {
    let bytes = binary
        .bytes
        .try_into()
        .map_err(|_| StoreError::Corrupt("a token's hash has another length".into()))?;
    Ok(TokenHash(bytes))
}

pub(super) const fn reason_name(reason: EndReason) -> &'static str {
    match reason {
        EndReason::SignedOut => "SIGNED_OUT",
        EndReason::SignedOutElsewhere => "SIGNED_OUT_ELSEWHERE",
        EndReason::PasswordChanged => "PASSWORD_CHANGED",
        EndReason::PasswordResetByAdult => "PASSWORD_RESET_BY_ADULT",
        EndReason::ReuseDetected => "REUSE_DETECTED",
        EndReason::RemovedByOperator => "REMOVED_BY_OPERATOR",
        EndReason::AccountDisabled => "ACCOUNT_DISABLED",
        EndReason::AccountDeletion => "ACCOUNT_DELETION",
    }
}

fn reason(name: &str) -> Result<EndReason, StoreError> {
    match name {
        "SIGNED_OUT" => Ok(EndReason::SignedOut),
        "SIGNED_OUT_ELSEWHERE" => Ok(EndReason::SignedOutElsewhere),
        "PASSWORD_CHANGED" => Ok(EndReason::PasswordChanged),
        "PASSWORD_RESET_BY_ADULT" => Ok(EndReason::PasswordResetByAdult),
        "REUSE_DETECTED" => Ok(EndReason::ReuseDetected),
        "REMOVED_BY_OPERATOR" => Ok(EndReason::RemovedByOperator),
        "ACCOUNT_DISABLED" => Ok(EndReason::AccountDisabled),
        "ACCOUNT_DELETION" => Ok(EndReason::AccountDeletion),
        other => Err(StoreError::Corrupt(format!("no session ends because of {other}"))),
    }
}

impl From<&Session> for SessionDocument {
    fn from(session: &Session) -> Self {
        Self {
            id: session.id,
            user_id: session.user,
            device_name: session.device.name.clone(),
            user_agent: session.device.user_agent.clone(),
            address: session.device.address,
            created_at: session.created_at.into(),
            generation: session.generation.into(),
            key_id: session.key_id.clone(),
            current_hash: binary(&session.current),
            parent_hash: session.parent.as_ref().map(binary),
            rotated_at: session.rotated_at.into(),
            expires_at: session.expires_at.into(),
            ends_at: session.ends_at.into(),
            // A session is inserted when it begins.
            ended_at: None,
            end_reason: None,
        }
    }
}

impl TryFrom<SessionDocument> for Session {
    type Error = StoreError;

    fn try_from(document: SessionDocument) -> Result<Self, StoreError> {
        let ended = match (document.ended_at, document.end_reason) {
            (None, None) => None,
            (Some(_), Some(name)) => Some(reason(&name)?),
            _ => return Err(StoreError::Corrupt("a session has half an end".into())),
        };
        Ok(Self {
            id: document.id,
            user: document.user_id,
            device: Device {
                name: document.device_name,
                user_agent: document.user_agent,
                address: document.address,
            },
            created_at: document.created_at.into(),
            generation: document
                .generation
                .try_into()
                .map_err(|_| StoreError::Corrupt("a session's generation is out of range".into()))?,
            key_id: document.key_id,
            current: token_hash(document.current_hash)?,
            parent: document.parent_hash.map(token_hash).transpose()?,
            rotated_at: document.rotated_at.into(),
            expires_at: document.expires_at.into(),
            ends_at: document.ends_at.into(),
            ended,
            ended_at: document.ended_at.map(Into::into),
        })
    }
}
