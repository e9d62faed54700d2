use std::sync::Arc;

use async_trait::async_trait;
use constellation_shared::auth::{self, TokenVerifier};
use constellation_shared::error::ErrorCode;
use constellation_shared::http::{Check, readiness};
use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::web::{self, HttpRequest, HttpResponse, ServiceConfig, guard};
use http::header::{ACCEPT, CACHE_CONTROL, CONTENT_TYPE, HeaderName, LOCATION};
use http::{HeaderValue, StatusCode};
use serde_json::{Map, Value, json};

use crate::graphiql::{self, Graphiql};
use crate::hive::GRAPHQL_PATH;
use crate::live::{Socket, is_upgrade};

/// Where the router says whether it can serve.
pub(crate) const READY_PATH: &str = "/ready";

/// What the pages that are not the graph need to know.
#[derive(Clone)]
pub(crate) struct Pages {
    pub(crate) graphiql: Option<Graphiql>,
    pub(crate) verifier: Arc<TokenVerifier>,
    pub(crate) socket: Socket,
}

/// Routes every path but the graph's own. Hive's routes must be configured after these: the first that matches answers.
pub(crate) fn configure(routes: &mut ServiceConfig, pages: &Pages) {
    let has_graphiql = pages.graphiql.is_some();
    routes.route(
        "/",
        web::to(async move |request: HttpRequest| index(request.headers(), has_graphiql)),
    );
    routes.route(
        "/health",
        web::to(async || json_page(StatusCode::OK, &json!({ "status": "alive" }))),
    );
    let mut checks: Vec<Arc<dyn Check>> = vec![Arc::new(SupergraphCheck)];
    checks.extend(auth::checks(&pages.verifier));
    let checks: Arc<[_]> = checks.into();
    routes.route(
        READY_PATH,
        web::to(move || {
            let checks = Arc::clone(&checks);
            async move {
                let (status, body) = readiness(&checks).await;
                json_page(status, &body)
            }
        }),
    );
    if let Some(graphiql) = &pages.graphiql {
        let (page, file) = (graphiql.clone(), graphiql.clone());
        routes.route(graphiql::PATH, web::to(async move || page.page()));
        routes.route(
            &format!("{}/{{file}}", graphiql::PATH),
            web::to(async move |request: HttpRequest| {
                let name = request.match_info().get("file").unwrap_or_default();
                file.file(name).unwrap_or_else(|| not_found(request.path()))
            }),
        );
    }
    let socket = pages.socket.clone();
    routes.service(
        web::resource(GRAPHQL_PATH)
            .guard(guard::fn_guard(|head| is_upgrade(&head.headers)))
            .to(move |request: HttpRequest| socket.clone().accept(request)),
    );
    // Hive would answer everything below the graph's path as if it were the graph.
    routes.route(&format!("{GRAPHQL_PATH}/{{below}}*"), web::to(unknown));
}

pub(crate) async fn unknown(request: HttpRequest) -> HttpResponse {
    not_found(request.path())
}

fn not_found(path: &str) -> HttpResponse {
    tracing::debug!(path, "nothing is there");
    let message = "There is nothing at this path. The graph is at POST /graphql.";
    let mut response = HttpResponse::build(StatusCode::NOT_FOUND);
    response.header(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.body(coded_body(ErrorCode::NotFound, message))
}

/// The body of an answer that is one error.
pub(crate) fn coded_body(code: ErrorCode, message: &str) -> String {
    json!({ "errors": [{ "message": message, "extensions": { "code": code.as_str() } }] }).to_string()
}

/// A person is taken to GraphiQL, a program is told what there is.
fn index(headers: &HeaderMap, has_graphiql: bool) -> HttpResponse {
    let is_browser = headers
        .get(ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"));
    if has_graphiql && is_browser {
        let mut response = HttpResponse::build(StatusCode::FOUND);
        response.header(LOCATION, HeaderValue::from_static(graphiql::PATH));
        return response.finish();
    }
    let mut index = Map::from_iter([
        ("graph".to_owned(), Value::from(GRAPHQL_PATH)),
        ("health".to_owned(), "/health".into()),
        ("ready".to_owned(), READY_PATH.into()),
    ]);
    if has_graphiql {
        index.insert("graphiql".to_owned(), graphiql::PATH.into());
    }
    json_page(StatusCode::OK, &Value::Object(index))
}

/// The supergraph is there whenever the server is: without one it does not start, and a broken successor is not taken up.
struct SupergraphCheck;

#[async_trait]
impl Check for SupergraphCheck {
    fn name(&self) -> &'static str {
        "supergraph"
    }

    async fn check(&self) -> Result<(), String> {
        Ok(())
    }
}

fn json_page(status: StatusCode, content: &Value) -> HttpResponse {
    respond(
        status,
        content.to_string(),
        [
            (CONTENT_TYPE, HeaderValue::from_static("application/json")),
            (CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ],
    )
}

fn respond<const N: usize>(
    status: StatusCode,
    body: String,
    headers: [(HeaderName, HeaderValue); N],
) -> HttpResponse {
    let mut response = HttpResponse::build(status);
    for (name, value) in headers {
        response.header(name, value);
    }
    response.body(body)
}
