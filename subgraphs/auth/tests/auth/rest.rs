//! The plain HTTP endpoints speak OAuth 2.0.

use serde_json::json;

use crate::support::{Deployment, PASSWORD};

#[tokio::test]
async fn a_sign_in_and_a_refresh_over_plain_http_are_the_same_session_as_over_graphql() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    auth.register(json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" }))
        .await;

    let (status, headers, tokens) = auth
        .post(
            "/login",
            json!({ "email": "ana@example.org", "password": PASSWORD }),
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(headers["cache-control"], "no-store");
    assert_eq!(
        (&tokens["token_type"], &tokens["expires_in"]),
        (&json!("Bearer"), &json!(900))
    );

    let (status, headers, next) = auth
        .post(
            "/token/refresh",
            json!({ "refresh_token": tokens["refresh_token"] }),
        )
        .await;
    assert_eq!(status, 200);
    assert_eq!(headers["cache-control"], "no-store");
    let again = auth
        .refresh(tokens["refresh_token"].as_str().unwrap())
        .await
        .unwrap();
    assert_eq!(json!(again.refresh), next["refresh_token"]);
}

#[tokio::test]
async fn refusals_are_errors_of_oauth() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let cases = [
        (
            "/login",
            json!({ "email": "ana@example.org", "password": "whatever" }),
            400,
            "invalid_grant",
        ),
        (
            "/token/refresh",
            json!({ "refresh_token": "nonsense" }),
            400,
            "invalid_grant",
        ),
        (
            "/login",
            json!({ "email": "ana@example.org" }),
            422,
            "invalid_request",
        ),
        ("/token/refresh", json!([]), 422, "invalid_request"),
    ];
    for (path, body, expected, error) in cases {
        let (status, headers, answer) = auth.post(path, body).await;
        assert_eq!(
            (status, &answer["error"]),
            (expected, &json!(error)),
            "{path} {answer}"
        );
        assert!(!answer["error_description"].as_str().unwrap().is_empty());
        assert_eq!(headers["cache-control"], "no-store");
    }
}

#[tokio::test]
async fn the_public_keys_verify_tokens_and_hold_nothing_secret() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let response = auth.get("/.well-known/jwks.json").await;
    assert_eq!(response.headers()["content-type"], "application/jwk-set+json");
    let keys: serde_json::Value = response.json().await.unwrap();
    assert_eq!(keys["keys"][0]["crv"], "Ed25519");
    assert_eq!(keys["keys"][0]["alg"], "EdDSA");
    assert_eq!(keys["keys"][0]["d"], json!(null));
}

#[tokio::test]
async fn a_service_says_whether_it_is_alive_and_ready() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    assert_eq!(auth.get("/health").await.status(), 200);
    let ready: serde_json::Value = auth.get("/ready").await.json().await.unwrap();
    let checks = json!({ "database": "ok", "verification keys": "ok", "ended sessions": "ok" });
    assert_eq!(ready, json!({ "status": "ready", "checks": checks }));
}
