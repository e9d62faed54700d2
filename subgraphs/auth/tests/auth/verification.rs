use constellation_auth::MailSettings;
use serde_json::{Value, json};

use crate::mailbox::{in_folder, latest};
use crate::support::{Deployment, PASSWORD, Pair, Service, code, pair};

async fn ana(auth: &Service) -> Pair {
    pair(&register(auth, "ana@example.org", PASSWORD).await).unwrap()
}

async fn register(auth: &Service, email: &str, password: &str) -> Value {
    auth.register(json!({ "email": email, "password": password, "displayName": "Ana" }))
        .await
}

async fn login(auth: &Service, password: &str) -> Result<Pair, String> {
    pair(
        &auth
            .login(json!({ "email": "ana@example.org", "password": password }))
            .await,
    )
}

async fn verify(auth: &Service, token: &str) -> Result<(), String> {
    let payload = auth
        .mutation_by(None, "verifyEmail", "emailVerified", json!({ "token": token }))
        .await;
    assert_eq!(payload["emailVerified"], code(&payload).is_none());
    code(&payload).map_or(Ok(()), Err)
}

async fn is_verified(auth: &Service, who: &Pair) -> Value {
    let me = auth
        .graphql(Some(&who.access), "{ me { emailVerified } }", json!({}))
        .await;
    me["data"]["me"]["emailVerified"].clone()
}

async fn ask_again(auth: &Service, who: &Pair) -> Option<String> {
    let query = "mutation { requestEmailVerification { accepted userErrors { code } } }";
    let answer = auth.graphql(Some(&who.access), query, json!({})).await;
    code(&answer["data"]["requestEmailVerification"])
}

/// A service that asks for proven addresses.
async fn strict(deployment: &Deployment) -> Service {
    let settings = MailSettings {
        require_email_verification: true,
        ..deployment.mail_settings()
    };
    deployment.service_mailing(settings).await
}

#[tokio::test]
async fn an_address_is_verified_by_the_link_that_its_owner_got_and_the_link_works_once() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&auth).await;
    assert_eq!(is_verified(&auth, &ana).await, false);
    auth.deliver().await;
    let token = latest(deployment.mail_folder(), "your e-mail address").token();
    verify(&auth, &token).await.unwrap();
    assert_eq!(is_verified(&auth, &ana).await, true);
    assert_eq!(verify(&auth, &token).await.unwrap_err(), "TOKEN_INVALID");
    assert_eq!(ask_again(&auth, &ana).await.as_deref(), Some("ALREADY_VERIFIED"));
}

#[tokio::test]
async fn a_link_lives_a_day_and_a_new_one_takes_its_place() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&auth).await;
    auth.deliver().await;
    let first = latest(deployment.mail_folder(), "your e-mail address").token();
    deployment.advance(24 * 60 * 60);
    assert_eq!(verify(&auth, &first).await.unwrap_err(), "TOKEN_EXPIRED");
    let ana = auth.refresh(&ana.refresh).await.unwrap();
    assert_eq!(ask_again(&auth, &ana).await, None);
    auth.deliver().await;
    let second = latest(deployment.mail_folder(), "your e-mail address").token();
    assert_eq!(verify(&auth, &first).await.unwrap_err(), "TOKEN_INVALID");
    verify(&auth, &second).await.unwrap();
}

#[tokio::test]
async fn nobody_sees_whether_another_has_verified_their_address() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let registered = register(&auth, "ana@example.org", PASSWORD).await;
    let bo = pair(&register(&auth, "bo@example.org", PASSWORD).await).unwrap();
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { emailVerified } } }";
    let people = json!({ "r": [{ "__typename": "User", "id": registered["user"]["id"] }] });
    for token in [None, Some(bo.access.as_str())] {
        let answer = auth.graphql(token, query, people.clone()).await;
        assert_eq!(answer["data"]["_entities"], json!([null]));
    }
}

#[tokio::test]
async fn a_link_opened_in_a_browser_verifies_when_its_button_is_pressed() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let ana = ana(&auth).await;
    auth.deliver().await;
    let token = latest(deployment.mail_folder(), "your e-mail address").token();
    let page = auth
        .get(&format!("/verify-email?token={token}"))
        .await
        .text()
        .await
        .unwrap();
    assert!(page.contains("<form method=\"post\">"), "{page}");
    assert_eq!(is_verified(&auth, &ana).await, false);
    let (status, _) = auth.submit("/verify-email", &[("token", &token)]).await;
    assert_eq!((status, is_verified(&auth, &ana).await), (200, json!(true)));
}

#[tokio::test]
async fn where_addresses_must_be_verified_nobody_gets_in_before() {
    let deployment = Deployment::new().await;
    let auth = strict(&deployment).await;
    let registered = register(&auth, "ana@example.org", PASSWORD).await;
    assert_eq!(
        (&registered["user"], &registered["tokens"]),
        (&Value::Null, &Value::Null)
    );
    assert_eq!(
        login(&auth, "a wrong long password").await.unwrap_err(),
        "INVALID_CREDENTIALS"
    );
    assert_eq!(login(&auth, PASSWORD).await.unwrap_err(), "EMAIL_NOT_VERIFIED");
    let body = json!({ "email": "ana@example.org", "password": PASSWORD });
    let (status, _, answer) = auth.post("/login", body).await;
    assert_eq!((status, &answer["error"]), (400, &json!("invalid_grant")));
    auth.deliver().await;
    verify(
        &auth,
        &latest(deployment.mail_folder(), "your e-mail address").token(),
    )
    .await
    .unwrap();
    let ana = login(&auth, PASSWORD).await.unwrap();
    assert_eq!(is_verified(&auth, &ana).await, true);
}

#[tokio::test]
async fn an_account_that_is_older_than_the_setting_is_not_lost() {
    let deployment = Deployment::new().await;
    ana(&deployment.service().await).await;
    let auth = strict(&deployment).await;
    deployment.advance(1);
    assert_eq!(login(&auth, PASSWORD).await.unwrap_err(), "EMAIL_NOT_VERIFIED");
    auth.deliver().await;
    verify(
        &auth,
        &latest(deployment.mail_folder(), "your e-mail address").token(),
    )
    .await
    .unwrap();
    login(&auth, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn whoever_registers_an_address_first_cannot_keep_it_from_its_owner() {
    let deployment = Deployment::new().await;
    let auth = strict(&deployment).await;
    // A stranger is faster, with a password of their own.
    register(&auth, "ana@example.org", "the stranger waits outside").await;
    register(&auth, "ana@example.org", PASSWORD).await;
    auth.deliver().await;
    let mail = latest(deployment.mail_folder(), "already have an account");
    let input = json!({ "token": mail.token(), "newPassword": PASSWORD });
    let reset = auth
        .mutation_by(None, "resetPassword", "passwordReset", input)
        .await;
    assert_eq!(code(&reset), None);
    login(&auth, PASSWORD).await.unwrap();
    assert_eq!(
        login(&auth, "the stranger waits outside").await.unwrap_err(),
        "INVALID_CREDENTIALS"
    );
    // The first mail's link is dead.
    let first = in_folder(deployment.mail_folder()).remove(0);
    assert_eq!(verify(&auth, &first.token()).await.unwrap_err(), "TOKEN_INVALID");
}
