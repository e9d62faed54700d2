use mongodb::bson::doc;
use serde_json::json;

use crate::support::{Deployment, PASSWORD, code};

#[tokio::test]
async fn a_newcomer_gets_an_account_and_tokens_that_work_at_once() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let payload = auth
        .register(json!({ "email": "Ana@Example.org", "password": PASSWORD, "displayName": " Ana " }))
        .await;
    assert_eq!(payload["userErrors"], json!([]));
    assert_eq!(payload["user"]["email"], "Ana@Example.org");
    assert_eq!(payload["user"]["displayName"], "Ana");
    assert_eq!(payload["tokens"]["tokenType"], "Bearer");
    assert_eq!(payload["tokens"]["expiresIn"], 900);
}

#[tokio::test]
async fn all_that_is_wrong_with_an_input_is_told_at_once() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let payload = auth
        .register(json!({ "email": "ana", "password": "short", "displayName": "" }))
        .await;
    assert_eq!(payload["user"], json!(null));
    assert_eq!(payload["tokens"], json!(null));
    let errors: Vec<_> = payload["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| (error["code"].as_str().unwrap(), error["path"].clone()))
        .collect();
    assert_eq!(
        errors,
        [
            ("EMAIL_INVALID", json!(["input", "email"])),
            ("PASSWORD_TOO_WEAK", json!(["input", "password"])),
            ("DISPLAY_NAME_INVALID", json!(["input", "displayName"])),
        ]
    );
}

#[tokio::test]
async fn one_address_has_one_account_however_many_register_it_at_once_and_however_they_write_it() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let attempts = [
        "ana@example.org",
        "ANA@example.org",
        "ana@EXAMPLE.org",
        " ana@example.org",
    ]
    .map(|email| auth.register(json!({ "email": email, "password": PASSWORD, "displayName": "Ana" })));
    let payloads = futures_util::future::join_all(attempts).await;
    let taken = payloads
        .iter()
        .filter(|payload| code(payload).as_deref() == Some("EMAIL_TAKEN"))
        .count();
    assert_eq!(taken, 3, "{payloads:?}");
    assert_eq!(
        deployment
            .stored("users")
            .await
            .count_documents(doc! {})
            .await
            .unwrap(),
        1
    );
    // Nor is there a session without an account.
    assert_eq!(
        deployment
            .stored("sessions")
            .await
            .count_documents(doc! {})
            .await
            .unwrap(),
        1
    );
}

#[tokio::test]
async fn a_password_is_stored_only_as_an_argon2id_hash() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    auth.newcomer().await;
    let user = deployment
        .stored("users")
        .await
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap();
    assert!(
        user.get_str("passwordHash")
            .unwrap()
            .starts_with("$argon2id$v=19$m=7168,t=1,p=1$")
    );
    assert!(!user.to_string().contains(PASSWORD));
}
