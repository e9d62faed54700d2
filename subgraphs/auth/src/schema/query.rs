use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, Object};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;

use super::loader::UserLoader;
use super::user::User;

pub(crate) struct Query;

/// Where reading begins.
#[Object]
impl Query {
    /// The person who is signed in; null for an anonymous caller.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>, ApiError> {
        let Some(viewer) = Caller::of(ctx).viewer() else {
            return Ok(None);
        };
        find(ctx, viewer.user).await
    }

    /// A person whom another subgraph refers to, if the caller may see them.
    #[graphql(entity)]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's id.")] id: ID,
    ) -> Result<Option<User>, ApiError> {
        // Everybody sees themselves. Whom they share a household with is not known here yet.
        let wanted = id.parse::<UserId>().ok();
        match Caller::of(ctx).viewer() {
            Some(viewer) if wanted == Some(viewer.user) => find(ctx, viewer.user).await,
            _ => Ok(None),
        }
    }
}

async fn find(ctx: &Context<'_>, id: UserId) -> Result<Option<User>, ApiError> {
    let loader = ctx.data_unchecked::<DataLoader<UserLoader>>();
    let found = loader
        .load_one(id)
        .await
        .map_err(|error: Arc<StoreError>| error.as_api_error())?;
    Ok(found.map(User::from))
}
