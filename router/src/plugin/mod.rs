//! What happens inside Hive's pipeline.

mod in_memory;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use constellation_shared::auth::{Rejection, TokenVerifier};
use constellation_shared::error::ErrorCode;
use constellation_shared::http::REQUEST_ID;
use hive_router::GraphQLError;
use hive_router::executor::hooks::on_execute::{OnExecuteStartHookPayload, OnExecuteStartHookResult};
use hive_router::executor::hooks::on_graphql_error::{OnGraphQLErrorHookPayload, OnGraphQLErrorHookResult};
use hive_router::executor::hooks::on_graphql_params::{
    OnGraphQLParamsStartHookPayload, OnGraphQLParamsStartHookResult,
};
use hive_router::executor::hooks::on_graphql_parse::{
    OnGraphQLParseHookResult, OnGraphQLParseStartHookPayload,
};
use hive_router::executor::hooks::on_http_request::{OnHttpRequestHookFuture, OnHttpRequestHookPayload};
use hive_router::executor::hooks::on_plugin_init::{OnPluginInitPayload, OnPluginInitResult};
use hive_router::executor::hooks::on_subgraph_http_request::{
    OnSubgraphHttpRequestHookPayload, OnSubgraphHttpRequestHookResult,
};
use hive_router::executor::introspection::schema::SchemaMetadata;
use hive_router::executor::plugin_context::PluginContext;
use hive_router::executor::plugin_trait::{EndHookPayload, RouterPlugin, StartHookPayload};
use hive_router::graphql_tools::parser::query::Definition;
use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::http::body::{Body, ResponseBody};
use hive_router::ntex::http::header::HeaderValue as NtexHeaderValue;
use hive_router::ntex::web::{HttpResponse, WebResponse};
use http::StatusCode;
use http::header::{ACCEPT, AUTHORIZATION, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};
use tokio::runtime::Handle;

use crate::errors::{Locator, WHICH_OPERATION, code_enum_errors, locate, settle, translate};
use crate::options::SubgraphTransport;
use crate::supergraph::CurrentSupergraph;

pub(crate) struct ConstellationPlugin {
    supergraph: Arc<CurrentSupergraph>,
    verifier: Arc<TokenVerifier>,
    in_memory: HashMap<String, axum::Router>,
    /// Where the subgraphs run that are called in memory.
    runtime: Handle,
    subgraph_timeout: Duration,
}

/// The id of the request, for whoever answers a part of it.
#[derive(Clone)]
struct RequestId(String);

/// The schema that the request is answered with, also when another one is taken up meanwhile.
struct RequestSchema(Arc<SchemaMetadata>);

impl ConstellationPlugin {
    pub(crate) fn new(
        supergraph: Arc<CurrentSupergraph>,
        verifier: Arc<TokenVerifier>,
        subgraphs: HashMap<String, SubgraphTransport>,
        runtime: Handle,
        subgraph_timeout: Duration,
    ) -> Self {
        let in_memory = subgraphs
            .into_iter()
            .filter_map(|(name, transport)| match transport {
                SubgraphTransport::InMemory(service) => Some((name, service)),
                SubgraphTransport::Http(_) => None,
            })
            .collect();
        Self {
            supergraph,
            verifier,
            in_memory,
            runtime,
            subgraph_timeout,
        }
    }
}

#[async_trait]
impl RouterPlugin for ConstellationPlugin {
    type Config = ();

    fn plugin_name() -> &'static str {
        "constellation"
    }

    fn on_plugin_init(_payload: OnPluginInitPayload<Self>) -> OnPluginInitResult<Self> {
        Err("it is made by the router itself and put into Hive's state (see hive/state.rs)".into())
    }

    fn on_http_request<'req>(
        &'req self,
        payload: OnHttpRequestHookPayload<'req>,
    ) -> OnHttpRequestHookFuture<'req> {
        Box::pin(async move {
            let supergraph = self.supergraph.get();
            payload
                .context
                .insert(RequestSchema(Arc::clone(&supergraph.metadata)));
            payload.set_supergraph(supergraph);
            let id = payload.router_http_request.headers().get(REQUEST_ID);
            let id = id.and_then(|id| id.to_str().ok()).unwrap_or_default();
            let id = RequestId(id.to_owned());
            payload.context.insert(id.clone());
            payload.on_end(move |end| {
                end.map_response(|response| with_coded_enum_errors(response, &id.0))
                    .proceed()
            })
        })
    }

    /// The check of the access token. It stands here, before anything is parsed or planned, and not in
    /// `on_http_request`: what is answered there goes out without the CORS headers, and a foreign page could not tell
    /// why it was refused.
    async fn on_graphql_params<'exec>(
        &'exec self,
        payload: OnGraphQLParamsStartHookPayload<'exec>,
    ) -> OnGraphQLParamsStartHookResult<'exec> {
        let authorization = payload
            .router_http_request
            .headers
            .get(AUTHORIZATION)
            .map(HeaderValue::from);
        match self
            .verifier
            .authenticate_with_newest_keys(authorization.as_ref())
            .await
        {
            Ok(_caller) => payload.proceed(),
            Err(rejection) => {
                tracing::info!(reason = ?rejection, "token refused");
                let response = refuse(rejection, payload.router_http_request.headers);
                payload.end_with_response(response)
            }
        }
    }

    /// Hive runs the first of several operations when none is named, which may not be the one that was meant.
    async fn on_graphql_parse<'exec>(
        &'exec self,
        payload: OnGraphQLParseStartHookPayload<'exec>,
    ) -> OnGraphQLParseHookResult<'exec> {
        if payload.graphql_params.operation_name.is_some() {
            return payload.proceed();
        }
        payload.on_end(|end| {
            let operations = end.document.definitions.iter();
            if operations
                .filter(|definition| matches!(definition, Definition::Operation(_)))
                .count()
                > 1
            {
                let code = ErrorCode::BadUserInput.as_str();
                let error = GraphQLError::from_message_and_code(WHICH_OPERATION, code);
                return end.end_with_graphql_error(error, StatusCode::BAD_REQUEST);
            }
            end.proceed()
        })
    }

    async fn on_execute<'exec>(
        &'exec self,
        payload: OnExecuteStartHookPayload<'exec>,
    ) -> OnExecuteStartHookResult<'exec> {
        let (operation, variables) = (payload.operation_for_plan, payload.variable_values);
        let schema = payload
            .context
            .get_ref::<RequestSchema>()
            .map(|schema| Arc::clone(&schema.0));
        payload.on_end(move |mut end| {
            if let Some(schema) = schema.filter(|_| !end.errors.is_empty()) {
                let locator = Locator {
                    operation,
                    variables,
                    schema: &schema,
                };
                end.errors = locate(std::mem::take(&mut end.errors), &end.data, &locator);
            }
            end.proceed()
        })
    }

    async fn on_subgraph_http_request<'exec>(
        &'exec self,
        mut payload: OnSubgraphHttpRequestHookPayload<'exec>,
    ) -> OnSubgraphHttpRequestHookResult<'exec> {
        let subgraph = payload.subgraph_name;
        match self.in_memory.get(subgraph) {
            Some(service) => {
                let response = self.call_in_memory(service.clone(), &mut payload).await;
                payload.end_with_response(settle(response, subgraph))
            }
            None => payload.on_end(move |mut end| {
                end.response = settle(std::mem::take(&mut end.response), subgraph);
                end.proceed()
            }),
        }
    }

    fn on_graphql_error<'req>(
        &'req self,
        mut payload: OnGraphQLErrorHookPayload<'req>,
    ) -> OnGraphQLErrorHookResult<'req> {
        if let Some(status) = translate(&mut payload.error, &request_id(payload.context)) {
            payload.status_code = status;
        }
        payload.proceed()
    }
}

fn request_id(context: &PluginContext) -> String {
    context
        .get_ref::<RequestId>()
        .map(|id| id.0.clone())
        .unwrap_or_default()
}

fn with_coded_enum_errors(response: WebResponse, request_id: &str) -> WebResponse {
    let coded = match response.response().body() {
        ResponseBody::Body(Body::Bytes(body)) | ResponseBody::Other(Body::Bytes(body)) => {
            code_enum_errors(body, request_id)
        }
        _ => None,
    };
    match coded {
        Some(body) => response.map_body(|_, _| ResponseBody::Body(Body::from(body))),
        None => response,
    }
}

/// The answer to a bad token. In `application/json`, some clients take a status that is no success for a broken answer
/// and don't read the error: who knows the other type, gets that one, as for every other error.
fn refuse(rejection: Rejection, headers: &HeaderMap) -> HttpResponse {
    const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
    let knows = |accept: &NtexHeaderValue| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.contains(GRAPHQL_RESPONSE))
    };
    let kind = if headers.get_all(ACCEPT).any(knows) {
        GRAPHQL_RESPONSE
    } else {
        "application/json"
    };
    let mut response = HttpResponse::build(rejection.status());
    response.header(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(challenge) = rejection.challenge() {
        response.header(WWW_AUTHENTICATE, challenge);
    }
    response.body(rejection.body())
}
