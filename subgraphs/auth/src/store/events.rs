use std::net::IpAddr;
use std::time::Duration;

use chrono::Utc;
use constellation_shared::id::{SessionId, UserId};
use constellation_shared::mongo::{StoreError, ids, is_duplicate_key, newest_first};
use constellation_shared::page::{Page, PageRequest};
use mongodb::bson::{DateTime, Document, doc};
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use crate::domain::{Device, EventId, EventKind, SecurityEvent};

/// The security histories. Nothing here changes an event or removes a single one; MongoDB does, when its time is over.
#[derive(Clone)]
pub(crate) struct EventStore(Collection<EventDocument>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct EventDocument {
    #[serde(rename = "_id", with = "ids")]
    id: EventId,
    #[serde(with = "ids")]
    user_id: UserId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    session_id: Option<Stored>,
    kind: EventKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    device_name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    user_agent: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    address: Option<IpAddr>,
    at: DateTime,
    /// MongoDB removes the document some time after this moment.
    expires_at: DateTime,
}

/// An id that may be missing.
#[derive(Serialize, Deserialize)]
struct Stored(#[serde(with = "ids")] SessionId);

impl EventStore {
    pub(super) async fn open(database: &Database) -> Result<Self, StoreError> {
        let events = database.collection("securityEvents");
        let at_its_end = IndexOptions::builder().expire_after(Duration::ZERO).build();
        events
            .create_indexes([
                IndexModel::builder()
                    .keys(doc! { "expiresAt": 1 })
                    .options(at_its_end)
                    .build(),
                IndexModel::builder()
                    .keys(doc! { "userId": 1, "_id": -1 })
                    .build(),
            ])
            .await?;
        Ok(Self(events))
    }

    pub(crate) async fn insert(&self, event: &SecurityEvent) -> Result<(), StoreError> {
        self.0.insert_one(EventDocument::from(event)).await?;
        Ok(())
    }

    /// Writes an event, unless it is there already.
    pub(crate) async fn insert_once(&self, event: &SecurityEvent) -> Result<(), StoreError> {
        match self.0.insert_one(EventDocument::from(event)).await {
            Err(error) if !is_duplicate_key(&error) => Err(error.into()),
            _ => Ok(()),
        }
    }

    /// Writes an event together with what it tells of.
    pub(crate) async fn insert_in(
        &self,
        transaction: &mut ClientSession,
        event: &SecurityEvent,
    ) -> mongodb::error::Result<()> {
        self.0
            .insert_one(EventDocument::from(event))
            .session(transaction)
            .await?;
        Ok(())
    }

    /// Removes histories for good: those of an erased account.
    pub(super) async fn erase(&self, matching: Document) -> Result<(), StoreError> {
        self.0.delete_many(matching).await?;
        Ok(())
    }

    /// A part of a person's history, the newest first.
    pub(crate) async fn page(
        &self,
        user: UserId,
        request: &PageRequest<EventId>,
        now: chrono::DateTime<Utc>,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        let mine = doc! { "userId": ids::bson(user), "expiresAt": { "$gt": DateTime::from(now) } };
        Ok(newest_first(&self.0, &mine, request, None)
            .await?
            .map(SecurityEvent::from))
    }
}

impl From<&SecurityEvent> for EventDocument {
    fn from(event: &SecurityEvent) -> Self {
        Self {
            id: event.id,
            user_id: event.user,
            session_id: event.session.map(Stored),
            kind: event.kind,
            device_name: event.device.name.clone(),
            user_agent: event.device.user_agent.clone(),
            address: event.device.address,
            at: event.at.into(),
            expires_at: event.expires_at.into(),
        }
    }
}

impl From<EventDocument> for SecurityEvent {
    fn from(document: EventDocument) -> Self {
        Self {
            id: document.id,
            user: document.user_id,
            session: document.session_id.map(|Stored(id)| id),
            kind: document.kind,
            device: Device {
                name: document.device_name,
                user_agent: document.user_agent,
                address: document.address,
            },
            at: document.at.into(),
            expires_at: document.expires_at.into(),
        }
    }
}
