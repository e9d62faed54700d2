use constellation_auth::PasswordSettings;
use mongodb::bson::doc;
use serde_json::json;

use crate::support::{Deployment, PASSWORD, code, pair};

#[tokio::test]
async fn a_person_signs_in_however_they_write_their_address() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    auth.register(json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" }))
        .await;
    let payload = auth
        .login(json!({ "email": "ANA@Example.org ", "password": PASSWORD }))
        .await;
    let access = pair(&payload).unwrap().access;
    let me = auth
        .graphql(Some(&access), "{ me { email displayName } }", json!({}))
        .await;
    assert_eq!(
        me["data"]["me"],
        json!({ "email": "ana@example.org", "displayName": "Ana" })
    );
}

#[tokio::test]
async fn an_unknown_address_and_a_wrong_password_get_the_very_same_answer() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    auth.register(json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" }))
        .await;
    let wrong = auth
        .login(json!({ "email": "ana@example.org", "password": "another long password" }))
        .await;
    assert_eq!(code(&wrong).as_deref(), Some("INVALID_CREDENTIALS"));
    for email in ["bo@example.org", "not an address", ""] {
        assert_eq!(
            auth.login(json!({ "email": email, "password": PASSWORD })).await,
            wrong,
            "{email}"
        );
    }
    assert_eq!(
        auth.login(json!({ "email": "ana@example.org", "password": "x".repeat(100_000) }))
            .await,
        wrong
    );
}

#[tokio::test]
async fn a_weak_hash_is_renewed_when_its_owner_signs_in_after_the_parameters_rose() {
    let deployment = Deployment::new().await;
    let weak = deployment.service().await;
    weak.register(json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" }))
        .await;
    let strong = deployment
        .service_with(PasswordSettings {
            password_hash_memory_kib: 9_216,
            ..PasswordSettings::default()
        })
        .await;
    let stored = async || {
        let user = deployment
            .stored("users")
            .await
            .find_one(doc! {})
            .await
            .unwrap()
            .unwrap();
        user.get_str("passwordHash").unwrap().to_owned()
    };

    strong
        .login(json!({ "email": "ana@example.org", "password": "a wrong long password" }))
        .await;
    assert!(
        stored().await.contains("m=7168"),
        "a wrong password changed the hash"
    );
    assert_eq!(
        code(
            &strong
                .login(json!({ "email": "ana@example.org", "password": PASSWORD }))
                .await
        ),
        None
    );
    assert!(stored().await.contains("m=9216"));
    assert_eq!(
        code(
            &weak
                .login(json!({ "email": "ana@example.org", "password": PASSWORD }))
                .await
        ),
        None
    );
}

#[tokio::test]
async fn nobody_is_signed_in_without_a_token_and_that_is_no_error() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    assert_eq!(
        auth.graphql(None, "{ me { id } }", json!({})).await,
        json!({ "data": { "me": null } })
    );
}
