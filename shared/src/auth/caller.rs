use async_graphql::Context;

use crate::error::ApiError;
use crate::id::{SessionId, UserId};

/// Whoever sent the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Caller {
    /// No token was sent.
    Anonymous,
    /// A valid token was sent.
    SignedIn(Viewer),
}

/// A signed-in person: what a valid access token says.
///
/// Only [`super::TokenVerifier`] makes one from a request, so holding a `Viewer` is the proof of a valid token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Viewer {
    /// The person.
    pub user: UserId,
    /// The session that the token was issued in.
    pub session: SessionId,
}

impl Caller {
    /// The signed-in person, if there is one.
    #[must_use]
    pub const fn viewer(&self) -> Option<Viewer> {
        match self {
            Self::Anonymous => None,
            Self::SignedIn(viewer) => Some(*viewer),
        }
    }

    /// The caller of the request that a resolver is answering.
    #[must_use]
    pub fn of(ctx: &Context<'_>) -> Self {
        // A schema that is executed without the HTTP layer has nobody behind it.
        ctx.data_opt::<Self>().copied().unwrap_or(Self::Anonymous)
    }

    /// The signed-in person behind the request that a resolver is answering.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for an anonymous caller.
    pub fn require(ctx: &Context<'_>) -> Result<Viewer, ApiError> {
        Self::of(ctx).viewer().ok_or_else(ApiError::unauthenticated)
    }
}
