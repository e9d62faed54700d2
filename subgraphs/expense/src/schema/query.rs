use async_graphql::{Context, ID, Object};
use constellation_shared::auth::{Caller, Viewer};
use constellation_shared::error::ApiError;

use super::expense::Expense;
use super::loaders::Loaders;
use super::user::User;

/// Where reading begins.
pub(crate) struct Query;

/// Where reading begins.
#[Object]
impl Query {
    /// The expense with this id; an error with the code NOT_FOUND when there is none that you may see.
    async fn expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expense's id.")] id: ID,
    ) -> Result<Option<Expense>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let found = find(ctx, viewer, &id).await?;
        found.map(Some).ok_or_else(|| ApiError::not_found("expense"))
    }

    // Entities answer with null, not with an error: one error would fail all that are asked for together with it.

    #[graphql(entity)]
    async fn find_expense_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Expense> {
        let viewer = Caller::of(ctx).viewer()?;
        match find(ctx, viewer, &id).await {
            Ok(found) => found,
            Err(error) => {
                ctx.add_error(
                    ctx.set_error_path(async_graphql::Error::from(error).into_server_error(ctx.item.pos)),
                );
                None
            }
        }
    }

    #[graphql(entity)]
    async fn find_user_by_id(&self, id: ID) -> Option<User> {
        id.parse().ok().map(User)
    }
}

async fn find(ctx: &Context<'_>, viewer: Viewer, id: &ID) -> Result<Option<Expense>, ApiError> {
    // What is no id of ours names nothing.
    let Ok(id) = id.parse() else {
        return Ok(None);
    };
    Ok(Loaders::of(ctx).expense(viewer, id).await?.map(Expense))
}
