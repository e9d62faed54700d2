//! Every bad token is refused by auth itself, whoever made it.

use constellation_shared::id::UserId;
use serde_json::json;

use crate::support::Deployment;

#[tokio::test]
async fn a_bad_token_is_401_with_a_challenge_and_a_coded_body() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let http = reqwest::Client::new();
    for (name, header) in deployment.forge().bad_headers(UserId::from_bytes([1; 16])) {
        let response = http
            .post(format!("{}/graphql", auth.url))
            .header("authorization", header)
            .json(&json!({ "query": "{ me { id } }" }))
            .send()
            .await
            .unwrap();
        assert_eq!(response.status(), 401, "{name}");
        assert_eq!(
            response.headers()["www-authenticate"],
            r#"Bearer error="invalid_token""#,
            "{name}"
        );
        let body: serde_json::Value = response.json().await.unwrap();
        assert_eq!(
            body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "{name}"
        );
        assert_eq!(body.get("data"), None, "{name}");
    }
}

#[tokio::test]
async fn a_token_ends_after_fifteen_minutes() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let access = auth.newcomer().await.access;
    deployment.advance(15 * 60 + 9);
    let answer = auth.graphql(Some(&access), "{ me { id } }", json!({})).await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    deployment.advance(1);
    let answer = auth.graphql(Some(&access), "{ me { id } }", json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}
