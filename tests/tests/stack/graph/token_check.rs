//! A bad token is refused everywhere: by the router, and by each subgraph for itself.

use constellation_shared::id::UserId;
use serde_json::{Value, json};

use super::stack;
use crate::support::post;

#[tokio::test]
async fn every_bad_token_is_401_at_the_router_and_at_each_subgraph() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;
    let user: UserId = ana.id.parse().unwrap();
    let forge = stack.forge();
    assert_eq!(
        post(
            &stack.router,
            Some(&forge.bearer(user)),
            "{ me { id } }",
            json!({})
        )
        .await
        .data()["me"]["id"],
        json!(ana.id)
    );

    for (name, header) in forge.bad_headers(user) {
        for url in [&stack.router, &stack.auth, &stack.expense] {
            let answer = post(url, Some(&header), "{ __typename }", json!({})).await;
            assert_eq!(answer.status, 401, "a token {name} at {url}: {}", answer.body);
            assert_eq!(
                answer.headers["www-authenticate"], r#"Bearer error="invalid_token""#,
                "{name} at {url}"
            );
            assert_eq!(answer.codes(), ["UNAUTHENTICATED"], "{name} at {url}");
            assert_eq!(
                answer.body.get("data").unwrap_or(&Value::Null),
                &Value::Null,
                "{name} at {url}"
            );
        }
    }
}
