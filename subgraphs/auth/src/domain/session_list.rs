//! What a person sees of their own sessions, and how they end them.

use constellation_shared::auth::Viewer;
use constellation_shared::id::SessionId;
use constellation_shared::mongo::StoreError;
use constellation_shared::page::{Page, PageRequest};

use super::{Device, EndReason, EventKind, Session, Sessions};

impl Sessions {
    /// The viewer's living sessions, the latest sign-in first.
    pub(crate) async fn list(
        &self,
        viewer: &Viewer,
        request: &PageRequest<SessionId>,
    ) -> Result<Page<Session>, StoreError> {
        self.store.living(viewer.user, request, self.clock.now()).await
    }

    /// All of the viewer's sessions that are still remembered, those that have ended too, the latest sign-in first.
    pub(crate) async fn list_all(
        &self,
        viewer: &Viewer,
        request: &PageRequest<SessionId>,
    ) -> Result<Page<Session>, StoreError> {
        self.store.all(viewer.user, request).await
    }

    /// Ends one of the viewer's own sessions; `None` when they have no such session. Ending one that has ended changes
    /// nothing. `from` is the device that asks.
    pub(crate) async fn revoke(
        &self,
        viewer: &Viewer,
        id: SessionId,
        from: Device,
    ) -> Result<Option<Session>, StoreError> {
        let (reason, event) = if id == viewer.session {
            (EndReason::SignedOut, EventKind::SignedOut)
        } else {
            (EndReason::SignedOutElsewhere, EventKind::SessionEnded)
        };
        let now = self.clock.now();
        if let Some(ended) = self.store.end_own(viewer.user, id, reason, now).await? {
            self.feed.hear();
            self.events.record(viewer.user, Some(id), event, from).await;
            return Ok(Some(ended));
        }
        self.store.find_own(viewer.user, id).await
    }

    /// Ends all of the viewer's sessions but the one that asks, and counts them. `from` is the device that asks.
    pub(crate) async fn revoke_others(&self, viewer: &Viewer, from: Device) -> Result<u64, StoreError> {
        let ended = self
            .end_all(viewer.user, Some(viewer.session), EndReason::SignedOutElsewhere)
            .await?;
        if ended > 0 {
            self.events
                .record(viewer.user, None, EventKind::SessionEnded, from)
                .await;
        }
        Ok(ended)
    }
}
