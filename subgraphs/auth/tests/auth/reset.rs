use serde_json::{Value, json};

use crate::attempts::{In, Outcome, TooMany, WRONG, attempt};
use crate::mailbox::{in_folder, latest};
use crate::support::{Deployment, PASSWORD, Pair, Service, code, pair};

const NEW: &str = "seven quiet herons by the river";

async fn ana(auth: &Service) -> Pair {
    pair(
        &auth
            .register(json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" }))
            .await,
    )
    .unwrap()
}

async fn ask(auth: &Service, email: &str) -> Value {
    auth.mutation_by(
        None,
        "requestPasswordReset",
        "accepted",
        json!({ "email": email }),
    )
    .await
}

/// Asks for a link and gives its token.
async fn token(deployment: &Deployment, auth: &Service) -> String {
    assert_eq!(
        ask(auth, "ANA@example.org ").await,
        json!({ "accepted": true, "userErrors": [] })
    );
    auth.deliver().await;
    latest(deployment.mail_folder(), "new password").token()
}

async fn reset(auth: &Service, token: &str, password: &str) -> Result<(), String> {
    let input = json!({ "token": token, "newPassword": password });
    let payload = auth
        .mutation_by(None, "resetPassword", "passwordReset", input)
        .await;
    assert_eq!(payload["passwordReset"], code(&payload).is_none());
    code(&payload).map_or(Ok(()), Err)
}

async fn sign_in(auth: &Service, password: &str) -> Result<Pair, String> {
    pair(
        &auth
            .login(json!({ "email": "ana@example.org", "password": password }))
            .await,
    )
}

#[tokio::test]
async fn amid_a_storm_of_guesses_a_link_lets_its_owner_in_from_a_new_device_at_a_new_address() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    ana(&auth.at("192.0.2.1")).await;
    let cafe = auth.at("203.0.113.9");
    let token = token(&deployment, &cafe).await;
    for n in 0..40 {
        let _: Outcome = attempt(&auth.at(&format!("198.51.100.{n}")), "ana@example.org", WRONG).await;
    }
    assert!(matches!(
        attempt(&cafe, "ana@example.org", PASSWORD).await,
        TooMany(_)
    ));
    reset(&cafe, &token, NEW).await.unwrap();
    assert!(matches!(attempt(&cafe, "ana@example.org", NEW).await, In(_)));
}

#[tokio::test]
async fn a_link_sets_a_new_password_ends_all_sessions_and_proves_the_address() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let before = ana(&auth).await;
    let token = token(&deployment, &auth).await;
    reset(&auth, &token, NEW).await.unwrap();
    assert_eq!(
        auth.refresh(&before.refresh).await.unwrap_err(),
        "SESSION_REVOKED"
    );
    assert_eq!(sign_in(&auth, PASSWORD).await.unwrap_err(), "INVALID_CREDENTIALS");
    let after = sign_in(&auth, NEW).await.unwrap();
    let me = auth
        .graphql(Some(&after.access), "{ me { emailVerified } }", json!({}))
        .await;
    assert_eq!(me["data"]["me"]["emailVerified"], true);
    auth.deliver().await;
    latest(deployment.mail_folder(), "password was changed");
}

#[tokio::test]
async fn a_link_works_once_however_many_use_it_at_once() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    ana(&auth).await;
    let token = token(&deployment, &auth).await;
    let attempts = (0..5).map(|_| reset(&auth, &token, NEW));
    let done = futures_util::future::join_all(attempts).await;
    assert_eq!(done.iter().filter(|done| done.is_ok()).count(), 1, "{done:?}");
    assert_eq!(reset(&auth, &token, NEW).await.unwrap_err(), "TOKEN_INVALID");
}

#[tokio::test]
async fn a_link_lives_an_hour_from_when_its_mail_is_sent() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    ana(&auth).await;
    ask(&auth, "ana@example.org").await;
    // The mail waits; its link does not age meanwhile.
    deployment.advance(2 * 60 * 60);
    auth.deliver().await;
    let token = latest(deployment.mail_folder(), "new password").token();
    deployment.advance(60 * 60 - 1);
    assert_eq!(
        reset(&auth, &token, "short").await.unwrap_err(),
        "PASSWORD_TOO_WEAK"
    );
    deployment.advance(1);
    assert_eq!(reset(&auth, &token, NEW).await.unwrap_err(), "TOKEN_EXPIRED");
    sign_in(&auth, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn a_newer_link_takes_the_place_of_an_older_one() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    ana(&auth).await;
    let older = token(&deployment, &auth).await;
    deployment.advance(1);
    let newer = token(&deployment, &auth).await;
    assert_ne!(older, newer);
    assert_eq!(reset(&auth, &older, NEW).await.unwrap_err(), "TOKEN_INVALID");
    reset(&auth, &newer, NEW).await.unwrap();
}

#[tokio::test]
async fn every_link_dies_with_the_password_that_it_was_made_under() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let here = ana(&auth).await;
    let token = token(&deployment, &auth).await;
    let verify = latest(deployment.mail_folder(), "your e-mail address").token();
    let input = json!({ "currentPassword": PASSWORD, "newPassword": NEW });
    let changed = auth
        .mutation_by(Some(&here.access), "changePassword", "user { id }", input)
        .await;
    assert_eq!(code(&changed), None);
    assert_eq!(reset(&auth, &token, PASSWORD).await.unwrap_err(), "TOKEN_INVALID");
    let verified = auth
        .mutation_by(None, "verifyEmail", "emailVerified", json!({ "token": verify }))
        .await;
    assert_eq!(code(&verified).as_deref(), Some("TOKEN_INVALID"));
}

#[tokio::test]
async fn a_weak_password_leaves_the_link_for_a_better_one() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    ana(&auth).await;
    let token = token(&deployment, &auth).await;
    assert_eq!(
        reset(&auth, &token, "ana@example.org12345").await.unwrap_err(),
        "PASSWORD_TOO_WEAK"
    );
    assert_eq!(
        reset(&auth, &token, &"long phrase ".repeat(30))
            .await
            .unwrap_err(),
        "PASSWORD_TOO_LONG"
    );
    reset(&auth, &token, NEW).await.unwrap();
}

#[tokio::test]
async fn what_is_no_link_of_ours_or_is_for_something_else_sets_no_password() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    ana(&auth).await;
    auth.deliver().await;
    let verify = latest(deployment.mail_folder(), "your e-mail address").token();
    for wrong in ["", "x", &"A".repeat(43), &verify] {
        assert_eq!(
            reset(&auth, wrong, NEW).await.unwrap_err(),
            "TOKEN_INVALID",
            "{wrong}"
        );
    }
    assert_eq!(
        code(&ask(&auth, "not an address").await).as_deref(),
        Some("EMAIL_INVALID")
    );
}

#[tokio::test]
async fn a_link_can_be_used_in_a_browser_without_any_app_and_opening_it_changes_nothing() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    ana(&auth).await;
    let token = token(&deployment, &auth).await;
    let path = format!("/reset-password?token={token}");
    let page = auth.get(&path).await;
    assert_eq!(page.headers()["referrer-policy"], "no-referrer");
    assert_eq!(page.headers()["cache-control"], "no-store");
    assert!(
        page.headers()["content-security-policy"]
            .to_str()
            .unwrap()
            .contains("default-src 'none'")
    );
    assert!(page.text().await.unwrap().contains(&format!("value=\"{token}\"")));
    let (status, page) = auth
        .submit(&path, &[("token", &token), ("password", "short")])
        .await;
    assert_eq!(status, 422);
    assert!(
        page.contains("at least 15 characters") && page.contains(&token),
        "{page}"
    );
    let (status, _) = auth.submit(&path, &[("token", &token), ("password", NEW)]).await;
    assert_eq!(status, 200);
    sign_in(&auth, NEW).await.unwrap();
    let (status, _) = auth.submit(&path, &[("token", &token), ("password", NEW)]).await;
    assert_eq!(status, 400);
    let page = auth
        .get("/reset-password?token=%22%3E%3Cscript%3E")
        .await
        .text()
        .await
        .unwrap();
    assert!(!page.contains("<script>"), "{page}");
}

#[tokio::test]
async fn what_a_page_cannot_read_is_answered_with_a_page_that_keeps_the_token_to_itself() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let http = reqwest::Client::new();
    let form = "application/x-www-form-urlencoded";
    for page in [
        "verify-email",
        "reset-password",
        "confirm-email-change",
        "keep-account",
    ] {
        let url = format!("{}/{page}?token=secret", auth.url);
        let post = |kind: &str, body: String| http.post(&url).header("content-type", kind).body(body);
        for (request, status) in [
            (http.get(format!("{url}&token=other")), 400),
            (post("application/json", "{}".into()), 415),
            (post(form, "token=a&token=b".into()), 422),
            (post(form, format!("token={}", "a".repeat(20_000))), 413),
        ] {
            let answer = request.send().await.unwrap();
            assert_eq!(answer.status().as_u16(), status, "{page}");
            let headers = answer.headers();
            assert_eq!(
                headers["content-type"], "text/html; charset=utf-8",
                "{page} {status}"
            );
            assert_eq!(headers["referrer-policy"], "no-referrer", "{page} {status}");
            assert_eq!(headers["cache-control"], "no-store", "{page} {status}");
            assert_eq!(headers["x-frame-options"], "DENY", "{page} {status}");
            let policy = headers["content-security-policy"].to_str().unwrap();
            assert!(policy.contains("frame-ancestors 'none'"), "{policy}");
            let text = answer.text().await.unwrap();
            assert!(text.contains("<h1>") && !text.contains("deserialize"), "{text}");
        }
    }
}

#[tokio::test]
async fn an_address_without_an_account_gets_no_mail() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    assert_eq!(
        ask(&auth, "bo@example.org").await,
        json!({ "accepted": true, "userErrors": [] })
    );
    assert_eq!(auth.deliver().await, 0);
    assert_eq!(in_folder(deployment.mail_folder()).len(), 0);
}
