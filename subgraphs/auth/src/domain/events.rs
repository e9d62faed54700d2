use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::error::chain;
use constellation_shared::id::{Id, SessionId, UserId};
use constellation_shared::mongo::StoreError;
use constellation_shared::page::{Page, PageRequest};
use serde::{Deserialize, Serialize};

use super::{Device, Mail};
use crate::store::EventStore;

/// How long what happened is kept: a bit more than a year, so that "a year ago" can still be looked at.
const RETENTION: TimeDelta = TimeDelta::days(400);

/// Marks the ids of security events.
pub(crate) enum EventMark {}

/// One entry of somebody's security history. Those that are written later sort later.
pub(crate) type EventId = Id<EventMark>;

/// Something that happened to an account and that its owner should be able to see. It never changes.
#[derive(Debug, Clone)]
pub(crate) struct SecurityEvent {
    pub(crate) id: EventId,
    pub(crate) user: UserId,
    /// The session that it happened in or to, where there is one.
    pub(crate) session: Option<SessionId>,
    pub(crate) kind: EventKind,
    /// Where it came from.
    pub(crate) device: Device,
    pub(crate) at: DateTime<Utc>,
    /// When it is forgotten.
    pub(crate) expires_at: DateTime<Utc>,
}

impl SecurityEvent {
    /// That a link to set a new password was asked for, which this mail brings. It is the mail's own event, with its id:
    /// however often it is tried to send the mail, it is written once.
    pub(crate) fn reset_requested(mail: &Mail, user: UserId, asker: Device) -> Self {
        Self {
            id: EventId::from_bytes(mail.id.as_uuid().into_bytes()),
            user,
            session: None,
            kind: EventKind::PasswordResetRequested,
            device: asker,
            at: mail.created_at,
            expires_at: mail.created_at + RETENTION,
        }
    }
}

/// What happened. It is stored by these names, so they are never changed: a history lasts longer than a version of this
/// program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum EventKind {
    Registered,
    SignedIn,
    SignInFailed,
    SignedOut,
    SessionEnded,
    RefreshReused,
    PasswordChanged,
    PasswordResetRequested,
    PasswordReset,
    EmailVerified,
    EmailChangeRequested,
    EmailChanged,
    AccountDisabled,
    AccountEnabled,
    SessionsEndedByOperator,
    AccountDeletionRequested,
    AccountDeletionCancelled,
    ChildAccountCreated,
    PasswordResetByAdult,
    ChildPasswordReset,
}

/// The security histories: written here, never changed, forgotten after [`RETENTION`].
pub(crate) struct SecurityEvents {
    store: EventStore,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl SecurityEvents {
    pub(crate) fn new(store: EventStore, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        Self {
            store,
            clock,
            entropy,
        }
    }

    /// An event of this moment, not written yet. What changes an account (its password, its address) writes its event
    /// in the same transaction, with [`EventStore::insert_in`]: such a change without a trace must not exist.
    pub(crate) fn event(
        &self,
        user: UserId,
        session: Option<SessionId>,
        kind: EventKind,
        device: Device,
    ) -> SecurityEvent {
        let now = self.clock.now();
        SecurityEvent {
            id: EventId::generate(&*self.clock, &*self.entropy),
            user,
            session,
            kind,
            device,
            at: now,
            expires_at: now + RETENTION,
        }
    }

    /// Writes what happened, on its own. Should that fail, the failure is logged and nothing else: a person who has
    /// signed in is in, and turning them away for want of a line in their history would harm the wrong one. The log
    /// line and the session itself still tell of it.
    pub(crate) async fn record(
        &self,
        user: UserId,
        session: Option<SessionId>,
        kind: EventKind,
        device: Device,
    ) {
        self.write(self.event(user, session, kind, device)).await;
    }

    /// Writes that a sign-in failed. For an address that has no account the same work is done and forgotten at once:
    /// an answer that came sooner would tell who has an account.
    pub(crate) async fn record_failed_sign_in(&self, known: Option<UserId>, device: Device) {
        let user = known.unwrap_or(UserId::from_bytes([0; 16]));
        let mut event = self.event(user, None, EventKind::SignInFailed, device);
        if known.is_none() {
            event.expires_at = event.at;
        }
        self.write(event).await;
    }

    /// A part of the viewer's own history, the newest first.
    pub(crate) async fn page(
        &self,
        viewer: &Viewer,
        request: &PageRequest<EventId>,
    ) -> Result<Page<SecurityEvent>, StoreError> {
        self.store.page(viewer.user, request, self.clock.now()).await
    }

    async fn write(&self, event: SecurityEvent) {
        if let Err(error) = self.store.insert(&event).await {
            tracing::error!(
                kind = ?event.kind,
                user = %event.user,
                error = %chain(&error),
                "a security event was not recorded"
            );
        }
    }
}
