use std::sync::Arc;

use async_graphql::Context;

use crate::error::ApiError;
use crate::household::{HouseholdId, Membership, Role};
use crate::id::{SessionId, UserId};

/// Whoever sent the request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Caller {
    /// No token was sent.
    Anonymous,
    /// A valid token was sent.
    SignedIn(Viewer),
}

/// A signed-in person: what a valid access token says.
///
/// Only [`super::TokenVerifier`] makes one from a request, so holding a `Viewer` is the proof of a valid token.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Viewer {
    /// The person.
    pub user: UserId,
    /// The session that the token was issued in.
    pub session: SessionId,
    /// The households that they belong to.
    pub households: Arc<[Membership]>,
}

impl Viewer {
    /// A household that they belong to, and what they are there; `None` for any other, whether it exists or not.
    #[must_use]
    pub fn membership(&self, household: HouseholdId) -> Option<(&Membership, Role)> {
        let membership = self.households.iter().find(|one| one.id == household)?;
        let role = membership.members.get(&self.user)?;
        Some((membership, *role))
    }
}

impl Caller {
    /// The signed-in person, if there is one.
    #[must_use]
    pub const fn viewer(&self) -> Option<&Viewer> {
        match self {
            Self::Anonymous => None,
            Self::SignedIn(viewer) => Some(viewer),
        }
    }

    /// The caller of the request that a resolver is answering.
    #[must_use]
    pub fn of<'a>(ctx: &Context<'a>) -> &'a Self {
        // A schema that is executed without the HTTP layer has nobody behind it.
        ctx.data_opt::<Self>().unwrap_or(&Self::Anonymous)
    }

    /// The signed-in person behind the request that a resolver is answering.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for an anonymous caller.
    pub fn require<'a>(ctx: &Context<'a>) -> Result<&'a Viewer, ApiError> {
        Self::of(ctx).viewer().ok_or_else(ApiError::unauthenticated)
    }
}
