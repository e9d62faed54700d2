use async_graphql::connection::PageInfo;
use async_graphql::{Context, Enum, ID, SimpleObject};
use constellation_shared::auth::Viewer;
use constellation_shared::error::ApiError;

use constellation_shared::graphql::{DateTime, PageArguments, page_info};
use constellation_shared::page::Page;

use super::login::ACCOUNT_DISABLED;
use super::{cursor, sessions};
use crate::domain::{self, EndReason};

/// One signed-in device of a person: it begins with a sign-in, and lasts until it is ended, is not used for 7 days, or
/// is 90 days old.
#[derive(SimpleObject)]
pub(crate) struct Session {
    /// The session's id.
    id: ID,
    /// What its owner called the device at the sign-in, if they did.
    name: Option<String>,
    /// What the app or browser said it is (`User-Agent`) at the sign-in.
    user_agent: Option<String>,
    /// The network address that the sign-in came from, as far as it is known.
    address: Option<String>,
    /// When the person signed in.
    created_at: DateTime,
    /// When the session was last refreshed, or else began. An app that is in use refreshes every 15 minutes.
    last_used_at: DateTime,
    /// Whether it is the session that this request was made in.
    current: bool,
    /// When it was ended before its time; null while it was not.
    ended_at: Option<DateTime>,
    /// Why it was ended; null while it was not.
    end_reason: Option<SessionEndReason>,
}

impl Session {
    pub(super) fn seen_by(viewer: &Viewer, session: domain::Session) -> Self {
        Self {
            current: session.id == viewer.session,
            id: session.id.into(),
            name: session.device.name,
            user_agent: session.device.user_agent,
            address: session
                .device
                .address
                .map(|address| address.to_canonical().to_string()),
            created_at: session.created_at.into(),
            last_used_at: session.rotated_at.into(),
            ended_at: session.ended_at.map(DateTime::from),
            end_reason: session.ended.map(SessionEndReason::from),
        }
    }
}

/// A page of a person's sessions.
#[derive(SimpleObject)]
pub(super) struct SessionConnection {
    /// The sessions of this page, with their cursors.
    edges: Vec<SessionEdge>,
    /// What lies around this page.
    page_info: PageInfo,
}

/// A session in a list.
#[derive(SimpleObject)]
struct SessionEdge {
    /// Where it stands in the list; give it as `after` to go on from here.
    cursor: String,
    /// The session.
    node: Session,
}

impl SessionConnection {
    /// The viewer's own sessions.
    pub(super) async fn of(
        viewer: &Viewer,
        ctx: &Context<'_>,
        arguments: PageArguments,
    ) -> Result<Self, ApiError> {
        let request = arguments.parse(cursor::position)?;
        let page = sessions(ctx).list(viewer, &request).await?;
        Ok(Self::new(viewer, page))
    }

    /// The viewer's own sessions, with those that have ended.
    pub(super) async fn of_all(
        viewer: &Viewer,
        ctx: &Context<'_>,
        arguments: PageArguments,
    ) -> Result<Self, ApiError> {
        let request = arguments.parse(cursor::position)?;
        let page = sessions(ctx).list_all(viewer, &request).await?;
        Ok(Self::new(viewer, page))
    }

    fn new(viewer: &Viewer, page: Page<domain::Session>) -> Self {
        let page_info = page_info(&page, |session| cursor::of(session.id));
        let edge = |session: domain::Session| SessionEdge {
            cursor: cursor::of(session.id),
            node: Session::seen_by(viewer, session),
        };
        Self {
            edges: page.items.into_iter().map(edge).collect(),
            page_info,
        }
    }
}

/// Why a session was ended before its time.
#[derive(Enum, Clone, Copy, PartialEq, Eq, Debug)]
#[graphql(name = "SessionEndReason", remote = "crate::domain::EndReason")]
pub(crate) enum SessionEndReason {
    /// Its owner signed out on this device.
    SignedOut,
    /// Its owner ended it from another device.
    SignedOutElsewhere,
    /// The password was changed or reset.
    PasswordChanged,
    /// An adult of the household set a new password for the child whose account it is.
    PasswordResetByAdult,
    /// A refresh token was used again long after it had been replaced, so somebody else may have a copy.
    ReuseDetected,
    /// Somebody who runs the service ended it.
    RemovedByOperator,
    /// Somebody who runs the service disabled the account.
    AccountDisabled,
    /// Its owner asked to have the account deleted.
    AccountDeletion,
}

/// Why a session was ended, for its owner.
pub(super) const fn told(reason: EndReason) -> &'static str {
    match reason {
        EndReason::SignedOut => "You signed out on this device. Sign in again.",
        EndReason::SignedOutElsewhere => "You ended this session from another device. Sign in again.",
        EndReason::PasswordResetByAdult => {
            "An adult of your household set a new password for you. Sign in again with the new one."
        }
        EndReason::PasswordChanged => "Your password was changed. Sign in again with the new one.",
        EndReason::ReuseDetected => {
            "A refresh token of this session was used twice, so somebody else may have a copy. The session was ended to \
             keep you safe. Sign in again."
        }
        EndReason::RemovedByOperator => "Somebody who runs this service ended this session. Sign in again.",
        EndReason::AccountDisabled => ACCOUNT_DISABLED,
        EndReason::AccountDeletion => {
            "You asked to have your account deleted. Until that is done you can sign in and keep it."
        }
    }
}
