//! What the router, or somebody who pretends to be it, can ask of auth directly.

use serde_json::{Value, json};

use crate::support::{Deployment, PASSWORD, Service, pair};

async fn person(auth: &Service, email: &str) -> (String, String) {
    let payload = auth
        .register(json!({ "email": email, "password": PASSWORD, "displayName": "Somebody" }))
        .await;
    (
        payload["user"]["id"].as_str().unwrap().to_owned(),
        pair(&payload).unwrap().access,
    )
}

async fn entities(auth: &Service, token: Option<&str>, ids: &[&str]) -> Value {
    let query = "query($representations: [_Any!]!) { _entities(representations: $representations) { ... on User { id email } } }";
    let representations: Vec<_> = ids
        .iter()
        .map(|id| json!({ "__typename": "User", "id": id }))
        .collect();
    auth.graphql(token, query, json!({ "representations": representations }))
        .await
}

#[tokio::test]
async fn one_missing_person_does_not_fail_the_others_of_a_batch_and_nobody_sees_another() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let (ana, token) = person(&auth, "ana@example.org").await;
    let (bo, _) = person(&auth, "bo@example.org").await;
    let missing = "00000000-0000-7000-8000-000000000000";
    let answer = entities(&auth, Some(&token), &[&bo, missing, &ana, "nonsense"]).await;
    let expected = json!([null, null, { "id": ana, "email": "ana@example.org" }, null]);
    assert_eq!(answer, json!({ "data": { "_entities": expected } }));
}

#[tokio::test]
async fn an_anonymous_caller_learns_nothing_from_entities() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let (ana, _) = person(&auth, "ana@example.org").await;
    assert_eq!(
        entities(&auth, None, &[&ana]).await,
        json!({ "data": { "_entities": [null] } })
    );
}

#[tokio::test]
async fn a_list_of_operations_in_one_request_is_refused() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let (status, _, answer) = auth.post("/graphql", json!([{ "query": "{ me { id } }" }])).await;
    assert_eq!(
        (status, &answer["errors"][0]["extensions"]["code"]),
        (400, &json!("BAD_USER_INPUT"))
    );
}

#[tokio::test]
async fn every_error_has_a_code() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let bad = [
        "{",
        "{ nothing }",
        "mutation { login(input: {}) { user { id } } }",
        "query($a: Int!) { me { id } }",
        "",
    ];
    for query in bad {
        let answer = auth.graphql(None, query, json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{query}: {answer}"
        );
    }
}
