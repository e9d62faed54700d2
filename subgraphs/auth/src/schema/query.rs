use std::sync::Arc;

use async_graphql::dataloader::DataLoader;
use async_graphql::{Context, ID, Object};
use constellation_shared::auth::{Caller, Viewer};
use constellation_shared::error::ApiError;
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;

use super::export::DataExport;
use super::household::{Household, HouseholdLoader};
use super::user::{User, find};

pub(crate) struct Query;

/// Where reading begins.
#[Object]
impl Query {
    /// The person who is signed in; null for an anonymous caller.
    async fn me(&self, ctx: &Context<'_>) -> Result<Option<User>, ApiError> {
        let Some(viewer) = Caller::of(ctx).viewer() else {
            return Ok(None);
        };
        find(ctx, viewer, viewer.user).await
    }

    /// Everything that is held about the person who is signed in, by every part of the graph. What has many items is paged:
    /// follow the cursors to the end.
    async fn export_my_data(&self, ctx: &Context<'_>) -> Result<DataExport, ApiError> {
        let viewer = Caller::require(ctx)?;
        let export = DataExport::of(ctx, viewer).await?;
        export.ok_or_else(|| ApiError::not_found("account"))
    }

    /// What is held about a person, if it is the caller.
    #[graphql(entity)]
    async fn data_export(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's id.")] id: ID,
    ) -> Result<Option<DataExport>, ApiError> {
        match Caller::of(ctx).viewer() {
            Some(viewer) if id == ID::from(viewer.user) => DataExport::of(ctx, viewer).await,
            _ => Ok(None),
        }
    }

    /// A person whom another subgraph refers to, if the caller may see them.
    #[graphql(entity)]
    async fn user(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The person's id.")] id: ID,
    ) -> Result<Option<User>, ApiError> {
        match (Caller::of(ctx).viewer(), id.parse::<UserId>()) {
            (Some(viewer), Ok(wanted)) => find(ctx, viewer, wanted).await,
            _ => Ok(None),
        }
    }

    /// A household that the signed-in person belongs to.
    async fn household(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The household's id.")] id: ID,
    ) -> Result<Household, ApiError> {
        let viewer = Caller::require(ctx)?;
        let found = find_household(ctx, viewer, &id).await?;
        found.ok_or_else(|| ApiError::not_found("household"))
    }

    /// A household that another subgraph refers to, if the caller belongs to it.
    #[graphql(entity)]
    async fn household_by_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The household's id.")] id: ID,
    ) -> Result<Option<Household>, ApiError> {
        match Caller::of(ctx).viewer() {
            Some(viewer) => find_household(ctx, viewer, &id).await,
            None => Ok(None),
        }
    }
}

async fn find_household(ctx: &Context<'_>, viewer: &Viewer, id: &ID) -> Result<Option<Household>, ApiError> {
    let Ok(id) = id.parse() else {
        return Ok(None);
    };
    let loader = ctx.data_unchecked::<DataLoader<HouseholdLoader>>();
    let found = loader
        .load_one((viewer.user, id))
        .await
        .map_err(|error: Arc<StoreError>| error.as_api_error())?;
    Ok(found.map(Household::from))
}
