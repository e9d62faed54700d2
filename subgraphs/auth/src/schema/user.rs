use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{DateTime, PageArguments, complexity};

use super::events::SecurityEventConnection;
use super::session::SessionConnection;
use crate::domain;

/// A person with an account.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct User {
    /// The person's id, the same for ever.
    id: ID,
    /// The e-mail address that they sign in with. Only they themselves see it; it is null for anybody else.
    email: Option<String>,
    /// Whether they have proven that the address is theirs, by a mailed link. Only they themselves see it; it is null for
    /// anybody else.
    email_verified: Option<bool>,
    /// What they are called in every app.
    display_name: String,
    /// When they registered.
    created_at: DateTime,
}

#[ComplexObject]
impl User {
    /// The devices that the person is signed in on, the latest sign-in first. Only they themselves see them; null for
    /// anybody else.
    #[graphql(complexity = "complexity(first, last, child_complexity)")]
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the start: 0 to 100. 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the end: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor.")] before: Option<String>,
    ) -> Result<Option<SessionConnection>, ApiError> {
        match Caller::of(ctx).viewer() {
            Some(viewer) if self.id == ID::from(viewer.user) => {
                let arguments = PageArguments {
                    first,
                    after,
                    last,
                    before,
                };
                SessionConnection::of(viewer, ctx, arguments).await.map(Some)
            }
            _ => Ok(None),
        }
    }

    /// What happened to the account: sign-ins, failed ones too, and changes of the password, the address and the
    /// sessions, the newest first. Kept for 400 days. Only they themselves see it; null for anybody else.
    #[graphql(complexity = "complexity(first, last, child_complexity)")]
    async fn security_events(
        &self,
        ctx: &Context<'_>,
        #[graphql(
            desc = "How many at most, from the newest: 0 to 100. 20 when neither `first` nor `last` is given."
        )]
        first: Option<i32>,
        #[graphql(desc = "Only what comes after this cursor: older events.")] after: Option<String>,
        #[graphql(desc = "How many at most, from the oldest: 0 to 100.")] last: Option<i32>,
        #[graphql(desc = "Only what comes before this cursor: newer events.")] before: Option<String>,
    ) -> Result<Option<SecurityEventConnection>, ApiError> {
        match Caller::of(ctx).viewer() {
            Some(viewer) if self.id == ID::from(viewer.user) => {
                let arguments = PageArguments {
                    first,
                    after,
                    last,
                    before,
                };
                SecurityEventConnection::of(viewer, ctx, arguments)
                    .await
                    .map(Some)
            }
            _ => Ok(None),
        }
    }
}

// Only the person themselves is ever shown, so the address is too.
impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id.into(),
            email: Some(user.email),
            email_verified: Some(user.email_verified),
            display_name: user.display_name.as_str().to_owned(),
            created_at: user.created_at.into(),
        }
    }
}
