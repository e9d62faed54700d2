use std::sync::Arc;

use async_graphql::{ComplexObject, Context, ID, SimpleObject};
use constellation_shared::auth::Viewer;
use constellation_shared::error::ApiError;
use constellation_shared::graphql::{DateTime, PageArguments, complexity};

use super::session::SessionConnection;
use super::user::{User, find};
use crate::domain::{AccountRecord, Accounts, EmailChange, Households};

/// Everything that is held about the person who asks, to be taken along. Passwords and tokens are kept as hashes only,
/// which tell nothing, and are not in it.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(super) struct DataExport {
    /// The id of the person whom it is about.
    id: ID,
    /// Their account, with the households that they belong to and their security history.
    account: User,
    /// When they proved that the address is theirs; null while they have not.
    email_verified_at: Option<DateTime>,
    /// Another address that they have asked for; null when they have asked for none.
    email_change: Option<PendingEmailChange>,
    #[graphql(skip)]
    viewer: Viewer,
}

/// A change of address that waits to be confirmed.
#[derive(SimpleObject)]
struct PendingEmailChange {
    /// The new address.
    new_email: String,
    /// Whether nobody has to confirm it at the old address any more.
    old_confirmed: bool,
    /// Whether it is confirmed at the new address.
    new_confirmed: bool,
}

/// A household that somebody belonged to. What it is called, and who belongs to it, is its members' to know.
#[derive(SimpleObject)]
struct FormerMembership {
    /// The household's id.
    household_id: ID,
    /// When they left it.
    left_at: DateTime,
}

#[ComplexObject]
impl DataExport {
    /// The households that they belonged to and do not now, the oldest first.
    async fn former_memberships(&self, ctx: &Context<'_>) -> Result<Vec<FormerMembership>, ApiError> {
        let households = ctx.data_unchecked::<Arc<Households>>();
        let left = households.left_by(&self.viewer).await?.into_iter();
        Ok(left
            .map(|(household, at)| FormerMembership {
                household_id: household.into(),
                left_at: at.into(),
            })
            .collect())
    }

    /// All of their sessions that are still remembered, also those that have ended, the latest sign-in first.
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
    ) -> Result<SessionConnection, ApiError> {
        let arguments = PageArguments {
            first,
            after,
            last,
            before,
        };
        SessionConnection::of_all(&self.viewer, ctx, arguments).await
    }
}

impl DataExport {
    /// The viewer's own; `None` when their account is gone.
    pub(super) async fn of(ctx: &Context<'_>, viewer: &Viewer) -> Result<Option<Self>, ApiError> {
        let account = find(ctx, viewer, viewer.user).await?;
        let record = ctx.data_unchecked::<Arc<Accounts>>().record(viewer).await?;
        Ok(account
            .zip(record)
            .map(|(account, record)| Self::new(viewer, account, record)))
    }

    fn new(viewer: &Viewer, account: User, record: AccountRecord) -> Self {
        Self {
            id: viewer.user.into(),
            account,
            email_verified_at: record.email_verified_at.map(DateTime::from),
            email_change: record.email_change.map(PendingEmailChange::from),
            viewer: viewer.clone(),
        }
    }
}

impl From<EmailChange> for PendingEmailChange {
    fn from(change: EmailChange) -> Self {
        Self {
            new_email: change.email.as_str().to_owned(),
            old_confirmed: change.old_confirmed,
            new_confirmed: change.new_confirmed,
        }
    }
}
