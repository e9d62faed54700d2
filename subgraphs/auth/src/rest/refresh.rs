use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::response::Response;
use constellation_shared::http::Client;
use serde::Deserialize;

use super::tokens::{failed, granted, malformed, refused};
use crate::domain::Sessions;
use crate::schema::{device, refusal};

#[derive(Deserialize)]
pub(super) struct RefreshRequest {
    refresh_token: String,
}

pub(super) async fn refresh(
    State(sessions): State<Arc<Sessions>>,
    client: Client,
    body: Result<Json<RefreshRequest>, JsonRejection>,
) -> Response {
    let request = match body {
        Ok(Json(request)) => request,
        Err(rejection) => return malformed(&rejection, "`refresh_token`"),
    };
    let from = device(None, Some(&client));
    match sessions
        .refresh(&request.refresh_token, from)
        .await
        .map_err(refusal)
    {
        Ok(signed_in) => granted(signed_in),
        Err(Ok(refusal)) => refused(refusal.message),
        Err(Err(fault)) => failed(&fault),
    }
}
