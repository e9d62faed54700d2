//! The sessions of one person, as they see and end them.

use chrono::Utc;
use constellation_shared::id::{SessionId, UserId};
use constellation_shared::mongo::{StoreError, ids, newest_first};
use constellation_shared::page::{Page, PageRequest};
use mongodb::bson::{DateTime, doc};
use mongodb::options::ReturnDocument;

use super::SessionStore;
use super::sessions::reason_name;
use crate::domain::{EndReason, Session};

impl SessionStore {
    /// The living sessions of a person, the latest sign-in first.
    pub(crate) async fn living(
        &self,
        user: UserId,
        request: &PageRequest<SessionId>,
        now: chrono::DateTime<Utc>,
    ) -> Result<Page<Session>, StoreError> {
        let moment: DateTime = now.into();
        let living = doc! {
            "userId": ids::bson(user),
            "endedAt": null,
            "expiresAt": { "$gt": moment },
            "endsAt": { "$gt": moment },
        };
        newest_first(&self.0, &living, request, None)
            .await?
            .try_map(Session::try_from)
    }

    /// All sessions of a person that are still remembered, those that have ended too, the latest sign-in first.
    pub(crate) async fn all(
        &self,
        user: UserId,
        request: &PageRequest<SessionId>,
    ) -> Result<Page<Session>, StoreError> {
        newest_first(&self.0, &doc! { "userId": ids::bson(user) }, request, None)
            .await?
            .try_map(Session::try_from)
    }

    /// Ends a living session of this person, and gives it as it is then.
    pub(crate) async fn end_own(
        &self,
        user: UserId,
        id: SessionId,
        reason: EndReason,
        now: chrono::DateTime<Utc>,
    ) -> Result<Option<Session>, StoreError> {
        let living = doc! { "_id": ids::bson(id), "userId": ids::bson(user), "endedAt": null };
        let end = doc! { "$set": { "endedAt": DateTime::from(now), "endReason": reason_name(reason) } };
        let ended = self
            .0
            .find_one_and_update(living, end)
            .return_document(ReturnDocument::After)
            .await?;
        ended.map(Session::try_from).transpose()
    }

    /// A session of this person, also one that has ended.
    pub(crate) async fn find_own(&self, user: UserId, id: SessionId) -> Result<Option<Session>, StoreError> {
        let own = doc! { "_id": ids::bson(id), "userId": ids::bson(user) };
        self.0.find_one(own).await?.map(Session::try_from).transpose()
    }
}
