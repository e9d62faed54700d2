//! What happens inside Hive's pipeline.

mod in_memory;
mod refuse;

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use constellation_shared::auth::{TokenVerifier, the_only};
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
use hive_router::graphql_tools::parser::query::{Definition, Document, OperationDefinition};
use hive_router::ntex::http::body::{Body, ResponseBody};
use hive_router::ntex::web::WebResponse;
use http::StatusCode;
use http::header::{AUTHORIZATION, HeaderValue};
use tokio::runtime::Handle;
use url::form_urlencoded;

use self::refuse::{refuse_excess, refuse_origin, refuse_token};
use crate::bounds::{Excess, check_document, check_json, check_selections};
use crate::edge::may_use_cookie;
use crate::errors::{Locator, WHICH_OPERATION, code_enum_errors, locate, settle, translate};
use crate::live::SUBSCRIPTIONS_ONLY;
use crate::options::SubgraphTransport;
use crate::supergraph::CurrentSupergraph;

pub(crate) struct ConstellationPlugin {
    supergraph: Arc<CurrentSupergraph>,
    verifier: Arc<TokenVerifier>,
    in_memory: HashMap<String, axum::Router>,
    /// Where the subgraphs run that are called in memory.
    runtime: Handle,
    subgraph_timeout: Duration,
    /// The origins, beside the router's own, whose pages may use the cookie.
    origins: Vec<String>,
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
        origins: Vec<String>,
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
            origins,
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

    /// The check of the page, of the access token, and of the JSON. It stands here, before anything is parsed or planned, and not in
    /// `on_http_request`: what is answered there goes out without the CORS headers, and a foreign page could not tell
    /// why it was refused.
    async fn on_graphql_params<'exec>(
        &'exec self,
        payload: OnGraphQLParamsStartHookPayload<'exec>,
    ) -> OnGraphQLParamsStartHookResult<'exec> {
        let request = payload.router_http_request;
        if !may_use_cookie(request.headers, &self.origins) {
            let response = refuse_origin(request.headers);
            return payload.end_with_response(response);
        }
        if let Err(excess) = check_all_json(&payload.body, request.query_string) {
            let response = refuse_excess(&excess, request.headers);
            return payload.end_with_response(response);
        }
        let caller = match the_only(request.headers.get_all(AUTHORIZATION)) {
            Ok(authorization) => {
                let authorization = authorization.map(HeaderValue::from);
                self.verifier
                    .authenticate_with_newest_keys(authorization.as_ref())
                    .await
            }
            Err(twice) => Err(twice.into()),
        };
        match caller {
            Ok(_caller) => payload.proceed(),
            Err(rejection) => {
                tracing::info!(reason = ?rejection, "token refused");
                let response = refuse_token(rejection, request.headers);
                payload.end_with_response(response)
            }
        }
    }

    /// Hive runs the first of several operations when none is named, which may not be the one that was meant.
    async fn on_graphql_parse<'exec>(
        &'exec self,
        payload: OnGraphQLParseStartHookPayload<'exec>,
    ) -> OnGraphQLParseHookResult<'exec> {
        let headers = payload.router_http_request.headers;
        if let Some(Err(excess)) = payload.graphql_params.query.as_deref().map(check_document) {
            return payload.end_with_response(refuse_excess(&excess, headers));
        }
        let is_named = payload.graphql_params.operation_name.is_some();
        payload.on_end(move |end| {
            if let Err(excess) = check_selections(&end.document) {
                return end.end_with_response(refuse_excess(&excess, headers));
            }
            if headers.contains_key(SUBSCRIPTIONS_ONLY) && !only_subscribes(&end.document) {
                let error = GraphQLError::from_message_and_code(NO_STREAM, ErrorCode::BadUserInput.as_str());
                return end.end_with_graphql_error(error, StatusCode::BAD_REQUEST);
            }
            let operations = end.document.definitions.iter();
            let operations = operations.filter(|definition| matches!(definition, Definition::Operation(_)));
            if !is_named && operations.count() > 1 {
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

const NO_STREAM: &str = "A WebSocket is for subscriptions. Send queries and mutations with POST.";

fn only_subscribes(document: &Document<'_, String>) -> bool {
    document.definitions.iter().all(|definition| {
        matches!(
            definition,
            Definition::Operation(OperationDefinition::Subscription(_)) | Definition::Fragment(_)
        )
    })
}

/// A POST has its JSON in the body, a GET in the parameters of its URL.
fn check_all_json(body: &[u8], query: &str) -> Result<(), Excess> {
    check_json(body)?;
    form_urlencoded::parse(query.as_bytes())
        .filter(|(name, _)| matches!(name.as_ref(), "variables" | "extensions"))
        .try_for_each(|(_, json)| check_json(json.as_bytes()))
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
