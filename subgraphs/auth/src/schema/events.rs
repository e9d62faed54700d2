use std::sync::Arc;

use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, ID, SimpleObject};
use constellation_shared::auth::Viewer;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{DateTime, PageArguments, page_info};
use constellation_shared::page::Page;

use super::cursor;
use crate::domain::{self, SecurityEvents};

/// Something that happened to an account: an entry of its security history. It never changes, and is kept for 400 days.
#[derive(SimpleObject)]
struct SecurityEvent {
    /// Its id. Ids of later events sort later.
    id: ID,
    /// What happened.
    kind: SecurityEventKind,
    /// When.
    at: DateTime,
    /// The id of the session that it happened in or to; null where there is none.
    session_id: Option<ID>,
    /// What the owner calls the device that it came from, where that was said.
    device_name: Option<String>,
    /// What that device says it is (its `User-Agent`); anybody can say anything here.
    user_agent: Option<String>,
    /// The network address that it came from, IPv4 or IPv6, where it is known.
    address: Option<String>,
}

/// What happened to an account.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::EventKind")]
pub(crate) enum SecurityEventKind {
    /// The account was made, and its owner signed in.
    Registered,
    /// Somebody signed in with the password.
    SignedIn,
    /// Somebody tried to sign in with a wrong password. Attempts that were refused as too many are not listed.
    SignInFailed,
    /// A device signed out.
    SignedOut,
    /// A session was ended from another device.
    SessionEnded,
    /// A refresh token was used that had long been replaced: somebody else may have a copy. The session was ended.
    RefreshReused,
    /// The password was changed by somebody who knew the old one.
    PasswordChanged,
    /// Somebody asked for a link to set a new password.
    PasswordResetRequested,
    /// A new password was set with such a link.
    PasswordReset,
    /// The e-mail address was confirmed.
    EmailVerified,
    /// Another e-mail address was asked for.
    EmailChangeRequested,
    /// The e-mail address was changed.
    EmailChanged,
    /// Somebody who runs the service disabled the account: nobody can sign in, and all sessions ended.
    AccountDisabled,
    /// Somebody who runs the service enabled the account again.
    AccountEnabled,
    /// Somebody who runs the service ended all sessions.
    SessionsEndedByOperator,
    /// The account was asked to be deleted by somebody who knew the password; all sessions ended.
    AccountDeletionRequested,
    /// The account is kept after all, by a signed-in device or by the mailed link.
    AccountDeletionCancelled,
    /// The account of a child was made by an adult of its household: it stands in the histories of both.
    ChildAccountCreated,
    /// An adult of the household set a new password for this child's account; all its sessions ended.
    PasswordResetByAdult,
    /// The owner of this account set a new password for a child of their household.
    ChildPasswordReset,
}

/// A part of a security history.
#[derive(SimpleObject)]
pub(super) struct SecurityEventConnection {
    /// The events of this part, the newest first.
    edges: Vec<SecurityEventEdge>,
    /// Where this part lies in the history.
    page_info: PageInfo,
}

/// An event in a history.
#[derive(SimpleObject)]
struct SecurityEventEdge {
    /// The event.
    node: SecurityEvent,
    /// Its place in the history, for `after` and `before`.
    cursor: String,
}

impl SecurityEventConnection {
    /// A part of the viewer's own history.
    pub(super) async fn of(
        viewer: &Viewer,
        ctx: &Context<'_>,
        arguments: PageArguments,
    ) -> Result<Self, ApiError> {
        let request = arguments.parse(cursor::position)?;
        let events = ctx.data_unchecked::<Arc<SecurityEvents>>();
        Ok(events.page(viewer, &request).await?.into())
    }
}

impl From<Page<domain::SecurityEvent>> for SecurityEventConnection {
    fn from(page: Page<domain::SecurityEvent>) -> Self {
        let cursor = |event: &domain::SecurityEvent| cursor::of(event.id);
        Self {
            page_info: page_info(&page, cursor),
            edges: page
                .items
                .into_iter()
                .map(|event| SecurityEventEdge {
                    cursor: cursor(&event),
                    node: event.into(),
                })
                .collect(),
        }
    }
}

impl From<domain::SecurityEvent> for SecurityEvent {
    fn from(event: domain::SecurityEvent) -> Self {
        Self {
            id: event.id.into(),
            kind: event.kind.into(),
            at: event.at.into(),
            session_id: event.session.map(ID::from),
            device_name: event.device.name,
            user_agent: event.device.user_agent,
            address: event.device.address.map(|address| address.to_string()),
        }
    }
}
