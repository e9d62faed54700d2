use std::future::ready;

use axum::middleware::map_response;
use axum::response::Response;
use http::header::{CONTENT_TYPE, COOKIE, HOST, ORIGIN, SET_COOKIE};
use http::{HeaderMap, HeaderValue};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::json;

use crate::subgraphs::{Subgraph, Subgraphs};
use crate::support::{BOTH, TestRouter, Topology};

const APP: &str = "https://app.example.org";
const SENT: &str = "theme=dark; __Secure-constellation-refresh=secret; session=1";
const OURS: &str = "__Secure-constellation-refresh=secret";
const REGISTER: &str = "mutation { register(name: \"Ana\") }";

/// A subgraph that sets these cookies with every answer.
fn setting(subgraph: &mut Subgraph, cookies: [&'static str; 2]) {
    let service = subgraph.service.clone();
    subgraph.service = service.layer(map_response(move |mut response: Response| {
        for cookie in cookies {
            response
                .headers_mut()
                .append(SET_COOKIE, HeaderValue::from_static(cookie));
        }
        ready(response)
    }));
}

async fn router(topology: Topology) -> (Subgraphs, TestRouter) {
    let mut subgraphs = Subgraphs::new();
    setting(&mut subgraphs.auth, ["one=1; HttpOnly", "two=2; HttpOnly"]);
    setting(&mut subgraphs.expense, ["three=3", "four=4"]);
    let router = TestRouter::with(&subgraphs, topology, |options| {
        options.cors_origins = vec![APP.into()];
    })
    .await;
    (subgraphs, router)
}

fn from_the_app(request: RequestBuilder) -> RequestBuilder {
    request.header(COOKIE, SENT).header(ORIGIN, APP)
}

fn set(headers: &HeaderMap) -> Vec<&str> {
    let lines = headers.get_all(SET_COOKIE).iter();
    lines.map(|line| line.to_str().unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn auth_alone_gets_the_cookie_with_the_token_and_auth_alone_sets_cookies() {
    for topology in BOTH {
        let (subgraphs, router) = router(topology).await;
        let asked = from_the_app(router.operation(REGISTER, &json!({})));
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(
            set(answer.headers()),
            ["one=1; HttpOnly", "two=2; HttpOnly"],
            "{topology:?}"
        );
        let received = subgraphs.auth.received.lock().unwrap().remove(0);
        assert_eq!(received[COOKIE], OURS, "{topology:?}");

        let asked = from_the_app(router.operation("{ latest { description } }", &json!({})));
        let answer = asked.send().await.unwrap();
        assert_eq!(set(answer.headers()), Vec::<&str>::new(), "{topology:?}");
        let received = subgraphs.expense.received.lock().unwrap().remove(0);
        assert_eq!(received.get(COOKIE), None, "{topology:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn cookies_that_a_request_carries_in_several_lines_are_all_looked_at() {
    let (subgraphs, router) = router(Topology::InMemory).await;
    let asked = router.operation(REGISTER, &json!({})).header(ORIGIN, APP);
    let asked = asked
        .header(COOKIE, "theme=dark")
        .header(COOKIE, SENT)
        .header(COOKIE, OURS);
    assert_eq!(asked.send().await.unwrap().status(), 200);
    // Two of them are for auth to refuse.
    let received = subgraphs.auth.received.lock().unwrap().remove(0);
    assert_eq!(received[COOKIE], format!("{OURS}; {OURS}").as_str());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_no_known_origin_cannot_use_the_cookie_and_is_told_why() {
    for topology in BOTH {
        let (subgraphs, router) = router(topology).await;
        for origin in [None, Some("https://evil.example.org"), Some("null")] {
            let mut asked = router.operation(REGISTER, &json!({})).header(COOKIE, SENT);
            if let Some(origin) = origin {
                asked = asked.header(ORIGIN, origin).header("sec-fetch-site", "same-site");
            }
            let answer = asked.send().await.unwrap();
            assert_eq!(answer.status(), StatusCode::FORBIDDEN, "{origin:?}");
            assert_eq!(set(answer.headers()), Vec::<&str>::new());
            let body: serde_json::Value = answer.json().await.unwrap();
            assert_eq!(body["errors"][0]["extensions"]["code"], "FORBIDDEN");
            assert!(
                body["errors"][0]["message"]
                    .as_str()
                    .unwrap()
                    .contains("ROUTER_CORS_ORIGINS")
            );
        }
        assert_eq!(subgraphs.auth.received.lock().unwrap().len(), 0);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_form_of_another_site_reaches_nothing_whatever_its_type() {
    let (subgraphs, router) = router(Topology::InMemory).await;
    let body = json!({ "query": REGISTER }).to_string();
    for kind in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
    ] {
        for origin in ["https://evil.example.org", APP] {
            let asked = router
                .client
                .post(router.url("/graphql"))
                .header(CONTENT_TYPE, kind);
            let answer = asked
                .header(COOKIE, SENT)
                .header(ORIGIN, origin)
                .body(body.clone())
                .send()
                .await;
            assert!(answer.unwrap().status().is_client_error(), "{kind}");
        }
    }
    assert_eq!(subgraphs.auth.received.lock().unwrap().len(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_pages_of_the_router_itself_may_use_the_cookie_also_behind_a_proxy_that_renames_it() {
    let (_subgraphs, router) = router(Topology::InMemory).await;
    let asked = || router.operation(REGISTER, &json!({})).header(COOKIE, SENT);
    let own = asked().header(ORIGIN, router.url(""));
    assert_eq!(own.send().await.unwrap().status(), 200);
    let named = asked()
        .header(HOST, "graph.example.org")
        .header(ORIGIN, "https://graph.example.org");
    assert_eq!(named.send().await.unwrap().status(), 200);
    let renamed = asked()
        .header(ORIGIN, "https://graph.example.org")
        .header("sec-fetch-site", "same-origin");
    assert_eq!(renamed.send().await.unwrap().status(), 200);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_query_by_get_is_answered_and_carries_no_cookie_further() {
    let (subgraphs, router) = router(Topology::InMemory).await;
    let asked = router
        .get("/graphql?query={me{displayName}}")
        .header(COOKIE, SENT);
    let answer = asked
        .header("graphql-require-preflight", "1")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert_eq!(
        subgraphs.auth.received.lock().unwrap().remove(0).get(COOKIE),
        None
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn browsers_may_send_cookies_from_configured_origins_and_from_no_others() {
    let (_subgraphs, router) = router(Topology::InMemory).await;
    for (origin, allowed) in [(APP, true), ("https://evil.example.org", false), ("null", false)] {
        let preflight = router
            .client
            .request(http::Method::OPTIONS, router.url("/graphql"));
        let preflight = preflight
            .header("access-control-request-method", "POST")
            .header(ORIGIN, origin);
        let asked = router.operation(REGISTER, &json!({})).header(ORIGIN, origin);
        for answer in [preflight.send().await.unwrap(), asked.send().await.unwrap()] {
            let told = |name: &str| answer.headers().get(name).map(|value| value.to_str().unwrap());
            assert_eq!(told("access-control-allow-origin"), allowed.then_some(APP));
            assert_eq!(
                told("access-control-allow-credentials"),
                allowed.then_some("true")
            );
        }
    }
}
