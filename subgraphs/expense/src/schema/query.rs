use async_graphql::{Context, ID, Object};
use constellation_shared::auth::{Caller, Viewer};
use constellation_shared::error::ApiError;

use super::expense::Expense;
use super::export::DataExport;
use super::household::Household;
use super::loaders::Loaders;
use super::user::User;

/// Where reading begins.
pub(crate) struct Query;

/// Where reading begins.
#[Object]
impl Query {
    /// The expense with this id; null and an error with the code `NOT_FOUND` when there is none that you may see.
    async fn expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expense's id.")] id: ID,
    ) -> Option<Expense> {
        or_null(ctx, expense(ctx, &id).await)
    }

    // Entities answer with null, not with an error: one error would fail all that are asked for together with it.

    #[graphql(entity)]
    async fn find_expense_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Expense> {
        let viewer = Caller::of(ctx).viewer()?;
        or_null(ctx, Loaders::of(ctx).budget().take_entity())?;
        or_null(ctx, find(ctx, viewer, &id).await).flatten()
    }

    #[graphql(entity)]
    async fn find_data_export_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<DataExport> {
        let viewer = Caller::of(ctx).viewer()?;
        or_null(ctx, Loaders::of(ctx).budget().take_entity())?;
        DataExport::of(viewer, &id)
    }

    #[graphql(entity)]
    async fn find_household_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<Household> {
        let viewer = Caller::of(ctx).viewer()?;
        or_null(ctx, Loaders::of(ctx).budget().take_entity())?;
        let id = id.parse().ok()?;
        viewer.membership(id).map(|_| Household(id))
    }

    #[graphql(entity)]
    async fn find_user_by_id(&self, ctx: &Context<'_>, id: ID) -> Option<User> {
        or_null(ctx, Loaders::of(ctx).budget().take_entity())?;
        id.parse().ok().map(User)
    }
}

async fn expense(ctx: &Context<'_>, id: &ID) -> Result<Expense, ApiError> {
    let viewer = Caller::require(ctx)?;
    find(ctx, viewer, id)
        .await?
        .ok_or_else(|| ApiError::not_found("expense"))
}

async fn find(ctx: &Context<'_>, viewer: &Viewer, id: &ID) -> Result<Option<Expense>, ApiError> {
    // What is no id of ours names nothing.
    let Ok(id) = id.parse() else {
        return Ok(None);
    };
    Ok(Loaders::of(ctx).expense(viewer, id).await?.map(Expense))
}

/// The value, or null with the error beside it. The library would let an error of a nullable field take its neighbours
/// with it, and GraphQL says that it must not.
fn or_null<T>(ctx: &Context<'_>, result: Result<T, ApiError>) -> Option<T> {
    result
        .map_err(|error| {
            let error = async_graphql::Error::from(error).into_server_error(ctx.item.pos);
            ctx.add_error(ctx.set_error_path(error));
        })
        .ok()
}
