use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use constellation_shared::auth::{Caller, Viewer};
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{DateTime, PageArguments, complexity};
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;

use super::events::SecurityEventConnection;
use super::household::{Household, ReceivedInvitation, invitations};
use super::loader::{Seen, UserLoader};
use super::session::SessionConnection;
use crate::domain::{self, Households};

/// A person with an account.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(crate) struct User {
    /// The person's id, the same for ever.
    id: ID,
    /// The e-mail address that they sign in with; null where a child's account has none. Only they themselves see it; it is
    /// null for anybody else.
    email: Option<String>,
    /// Whether they have proven that the address is theirs, by a mailed link. Only they themselves see it; it is null for
    /// anybody else.
    email_verified: Option<bool>,
    /// What they can sign in with beside the address, or in its place; null where they have none. Only they themselves see
    /// it; it is null for anybody else.
    username: Option<String>,
    /// What they are called in every app. Seen by themselves and by the members of every household that they belong to, or
    /// did; null once their account was deleted.
    display_name: Option<String>,
    /// Whether their account was deleted. What they were called is forgotten then; say something like "former member".
    account_deleted: bool,
    /// When they registered. Only they themselves see it; it is null for anybody else.
    created_at: Option<DateTime>,
    /// When the account is going to be deleted, because its owner asked for it; null when nobody did. Only they themselves
    /// see it; it is null for anybody else.
    deletion_scheduled_at: Option<DateTime>,
}

#[ComplexObject]
impl User {
    /// The households that the person belongs to, in the order of their founding: 5 at most. Only they themselves see
    /// them; null for anybody else.
    async fn households(&self, ctx: &Context<'_>) -> Result<Option<Vec<Household>>, ApiError> {
        match Caller::of(ctx).viewer() {
            Some(viewer) if self.id == ID::from(viewer.user) => {
                let households = ctx.data_unchecked::<Arc<Households>>().of(viewer).await?;
                Ok(Some(households.into_iter().map(Household::from).collect()))
            }
            _ => Ok(None),
        }
    }

    /// The open invitations that were mailed to the person's address, the newest first: 20 at most, and none while the address
    /// is not verified. Only they themselves see them; null for anybody else.
    async fn invitations(&self, ctx: &Context<'_>) -> Result<Option<Vec<ReceivedInvitation>>, ApiError> {
        match Caller::of(ctx).viewer() {
            Some(viewer) if self.id == ID::from(viewer.user) => {
                let received = invitations(ctx).received(viewer).await?;
                Ok(Some(received.into_iter().map(ReceivedInvitation::from).collect()))
            }
            _ => Ok(None),
        }
    }

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

/// As its owner sees the account.
impl From<domain::User> for User {
    fn from(user: domain::User) -> Self {
        Self {
            id: user.id.into(),
            email_verified: user.email.is_some().then_some(user.email_verified),
            email: user.email,
            username: user.username.map(|name| name.as_str().to_owned()),
            display_name: Some(user.display_name.as_str().to_owned()),
            account_deleted: false,
            created_at: Some(user.created_at.into()),
            deletion_scheduled_at: user.deletion_due.map(DateTime::from),
        }
    }
}

impl User {
    /// As those see the account who share a household with its owner.
    fn seen_by_others(user: &domain::User) -> Self {
        Self {
            display_name: Some(user.display_name.as_str().to_owned()),
            ..Self::hidden(user.id)
        }
    }

    /// What is left of somebody whose account was deleted.
    fn without_account(id: UserId) -> Self {
        Self {
            account_deleted: true,
            ..Self::hidden(id)
        }
    }

    /// Nothing but an id.
    pub(super) fn hidden(id: UserId) -> Self {
        Self {
            id: id.into(),
            email: None,
            email_verified: None,
            username: None,
            display_name: None,
            account_deleted: false,
            created_at: None,
            deletion_scheduled_at: None,
        }
    }
}

/// A person as the viewer sees them; `None` when there is no such account, or the viewer may not know of it.
pub(super) async fn find(ctx: &Context<'_>, viewer: &Viewer, id: UserId) -> Result<Option<User>, ApiError> {
    let loader = ctx.data_unchecked::<DataLoader<UserLoader>>();
    let seen = loader
        .load_one((viewer.user, id))
        .await
        .map_err(|error: Arc<StoreError>| error.as_api_error())?;
    Ok(seen.map(|seen| match seen {
        Seen::Account(user) if user.id == viewer.user => user.into(),
        Seen::Account(user) => User::seen_by_others(&user),
        Seen::Trace => User::without_account(id),
    }))
}
