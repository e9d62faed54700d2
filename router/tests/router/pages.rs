use std::path::PathBuf;
use std::sync::Arc;

use axum::Router;
use constellation_router::SupergraphSource;
use constellation_router::graphiql::Graphiql;
use constellation_shared::auth::{KeyRing, TokenVerifier};
use constellation_shared::clock::SystemClock;
use reqwest::StatusCode;
use serde_json::{Value, json};

use crate::subgraphs::Subgraphs;
use crate::support::{TestRouter, Topology, errors, options, read, transports};

async fn router(graphiql: Option<Graphiql>) -> TestRouter {
    TestRouter::with(&Subgraphs::new(), Topology::InMemory, |options| {
        options.graphiql = graphiql;
    })
    .await
}

/// A folder that the tests of this build share, so that GraphiQL is fetched once.
fn cache() -> PathBuf {
    PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("graphiql-cache")
}

#[tokio::test(flavor = "multi_thread")]
async fn the_router_says_that_it_is_alive_and_ready() {
    let router = router(None).await;
    let health = read(router.get("/health").send().await.unwrap()).await;
    assert_eq!(health, (StatusCode::OK, json!({ "status": "alive" })));
    let ready = read(router.get("/ready").send().await.unwrap()).await;
    let checks = json!({ "supergraph": "ok", "verification keys": "ok" });
    assert_eq!(
        ready,
        (StatusCode::OK, json!({ "status": "ready", "checks": checks }))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_router_that_cannot_verify_tokens_yet_is_alive_and_not_ready() {
    let router = TestRouter::with(&Subgraphs::new(), Topology::InMemory, |options| {
        let verifier = TokenVerifier::new(KeyRing::default(), "issuer", "audience", Arc::new(SystemClock));
        options.verifier = Arc::new(verifier);
    })
    .await;
    assert_eq!(
        router.get("/health").send().await.unwrap().status(),
        StatusCode::OK
    );
    let (status, body) = read(router.get("/ready").send().await.unwrap()).await;
    assert_eq!(
        (status, &body["status"]),
        (StatusCode::SERVICE_UNAVAILABLE, &json!("not ready"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_path_is_not_found_in_code_and_words() {
    let router = router(None).await;
    for path in [
        "/nothing",
        "/graphql/nothing",
        "/graphiql",
        "/graphiql/page.js",
        "/readiness",
        "/graphql/",
    ] {
        let response = router.get(path).send().await.unwrap();
        let (status, text) = (response.status(), response.text().await.unwrap());
        let body: Value = serde_json::from_str(&text).unwrap_or_default();
        assert_eq!(
            (status, &body["errors"][0]["extensions"]["code"]),
            (StatusCode::NOT_FOUND, &json!("NOT_FOUND")),
            "{path}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_root_takes_a_person_to_graphiql_and_tells_a_program_what_there_is() {
    let router = router(Some(Graphiql::default())).await;
    let person = router
        .get("/")
        .header("accept", "text/html,*/*")
        .send()
        .await
        .unwrap();
    assert_eq!(
        (person.status(), &person.headers()["location"]),
        (StatusCode::FOUND, &"/graphiql".parse().unwrap())
    );
    let (status, index) = read(router.get("/").send().await.unwrap()).await;
    assert_eq!(
        (status, &index["graph"], &index["graphiql"]),
        (StatusCode::OK, &json!("/graphql"), &json!("/graphiql"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn while_graphiql_is_fetched_its_page_says_so_and_the_graph_works() {
    let router = router(Some(Graphiql::default())).await;
    let response = router.get("/graphiql").send().await.unwrap();
    assert_eq!(
        (response.status(), &response.headers()["refresh"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"2".parse().unwrap())
    );
    assert!(response.text().await.unwrap().contains("being fetched"));
    assert_eq!(
        router.query("{ me { id } }").await,
        json!({ "data": { "me": { "id": "1" } } })
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_that_cannot_be_had_says_how_to_get_it() {
    let graphiql = Graphiql::default();
    // A file where the cache's folder should be.
    let nowhere = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml");
    assert!(graphiql.provide(&nowhere, |_| {}).await.is_err());
    let router = router(Some(graphiql)).await;
    let response = router.get("/graphiql").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
    assert!(response.text().await.unwrap().contains("npm"));
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_comes_whole_from_this_origin_and_may_load_from_no_other() {
    let graphiql = Graphiql::default();
    graphiql.provide(&cache(), |_| {}).await.unwrap();
    let router = router(Some(graphiql)).await;
    let response = router.get("/graphiql").send().await.unwrap();
    let policy = response.headers()["content-security-policy"]
        .to_str()
        .unwrap()
        .to_owned();
    assert!(
        policy.starts_with("default-src 'none';") && !policy.contains("http"),
        "{policy}"
    );
    assert!(
        !policy.contains('*') && !policy.contains("unsafe-eval"),
        "{policy}"
    );

    let page = response.text().await.unwrap();
    let loaded: Vec<_> = page.split('"').filter(|word| word.starts_with('/')).collect();
    assert_eq!(loaded.len(), 7, "{page}");
    for path in loaded {
        let file = router.get(path).send().await.unwrap();
        assert_eq!(file.status(), StatusCode::OK, "{path}");
        let kind = file.headers()["content-type"].to_str().unwrap().to_owned();
        let expected = match path.rsplit_once('.').unwrap().1 {
            "js" => "text/javascript",
            "css" => "text/css",
            _ => "image/svg+xml",
        };
        assert!(kind.starts_with(expected), "{path}: {kind}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn graphiql_is_fetched_once_and_again_only_when_it_is_damaged() {
    let cache = tempfile::tempdir().unwrap();
    let mut steps = Vec::new();
    for _ in 0..2 {
        Graphiql::default()
            .provide(cache.path(), |step| steps.push(step.package))
            .await
            .unwrap();
    }
    assert_eq!(steps, ["graphiql@4.1.2", "react@18.3.1", "react-dom@18.3.1"]);
    let folder = cache.path().join("graphiql-4.1.2");
    std::fs::write(folder.join("react-18.3.1.min.js"), "alert(1)").unwrap();
    Graphiql::default()
        .provide(cache.path(), |step| steps.push(step.package))
        .await
        .unwrap();
    assert_eq!(steps.len(), 6);
    assert!(
        !std::fs::read_to_string(folder.join("react-18.3.1.min.js"))
            .unwrap()
            .contains("alert(1)")
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_first_step_in_graphiql_fits_the_schema() {
    let schema = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../schema/supergraph.graphql");
    let mut options = options();
    options.supergraph = SupergraphSource::File(schema);
    let nobody = || Router::new().fallback(async || StatusCode::SERVICE_UNAVAILABLE);
    options.subgraphs = transports(Topology::InMemory, [("auth", nobody()), ("expense", nobody())]).await;
    options.graphiql = Some(Graphiql::default());
    let router = TestRouter::start(options).await;
    let document = router
        .get("/graphiql/first-steps.graphql")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    for step in ["Register", "Login", "FirstExpense", "MyExpenses"] {
        let operation = json!({ "query": document, "operationName": step });
        let request = router.client.post(router.url("/graphql")).json(&operation);
        let (_, answer) = read(request.send().await.unwrap()).await;
        // It is understood: only those who would answer it are missing.
        assert_eq!(errors(&answer)[0].0, "UNAVAILABLE", "{step}: {answer}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_answer_is_compressed_for_who_can_read_it() {
    let graphiql = Graphiql::default();
    graphiql.provide(&cache(), |_| {}).await.unwrap();
    let router = router(Some(graphiql)).await;
    let script = || router.get("/graphiql/graphiql-4.1.2.min.js");
    let plain = script().send().await.unwrap();
    assert!(plain.headers().get("content-encoding").is_none());
    let packed = script().header("accept-encoding", "gzip").send().await.unwrap();
    assert_eq!(packed.headers()["content-encoding"], "gzip");
    assert!(packed.bytes().await.unwrap().len() < plain.bytes().await.unwrap().len() / 2);
}
