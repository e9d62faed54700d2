use serde_json::{Value, json};

use crate::mailbox::latest;
use crate::support::{Deployment, PASSWORD, Pair, Service, code, pair};

const NEW: &str = "seven quiet herons by the river";

async fn ana(auth: &Service) -> Pair {
    pair(
        &auth
            .register(json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana Lima" }))
            .await,
    )
    .unwrap()
}

async fn sign_in(auth: &Service, password: &str) -> Result<Pair, String> {
    pair(
        &auth
            .login(json!({ "email": "ana@example.org", "password": password }))
            .await,
    )
}

async fn change(auth: &Service, who: &Pair, current: &str, new: &str) -> Value {
    let input = json!({ "currentPassword": current, "newPassword": new });
    auth.mutation_by(Some(&who.access), "changePassword", "user { id }", input)
        .await
}

#[tokio::test]
async fn a_new_password_ends_the_other_sessions_and_keeps_the_one_that_asked() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let here = ana(&auth).await;
    let there = sign_in(&auth, PASSWORD).await.unwrap();
    assert_eq!(code(&change(&auth, &here, PASSWORD, NEW).await), None);
    assert_eq!(auth.refresh(&there.refresh).await.unwrap_err(), "SESSION_REVOKED");
    auth.refresh(&here.refresh).await.unwrap();
    assert_eq!(sign_in(&auth, PASSWORD).await.unwrap_err(), "INVALID_CREDENTIALS");
    sign_in(&auth, NEW).await.unwrap();
    auth.deliver().await;
    assert_eq!(
        latest(deployment.mail_folder(), "password was changed").to,
        "ana@example.org"
    );
    let events = auth
        .graphql(
            Some(&here.access),
            "{ me { securityEvents(first: 10) { edges { node { kind } } } } }",
            json!({}),
        )
        .await;
    assert!(events.to_string().contains("PASSWORD_CHANGED"), "{events}");
}

#[tokio::test]
async fn without_the_current_password_nothing_changes() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let here = ana(&auth).await;
    let there = sign_in(&auth, PASSWORD).await.unwrap();
    for wrong in ["a wrong long password", "", NEW] {
        let payload = change(&auth, &here, wrong, NEW).await;
        assert_eq!(code(&payload).as_deref(), Some("CURRENT_PASSWORD_WRONG"));
        assert_eq!(
            payload["userErrors"][0]["path"],
            json!(["input", "currentPassword"])
        );
    }
    auth.refresh(&there.refresh).await.unwrap();
    sign_in(&auth, PASSWORD).await.unwrap();
    let query = "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { user { id } } }";
    let input = json!({ "input": { "currentPassword": PASSWORD, "newPassword": NEW } });
    let anonymous = auth.graphql(None, query, input).await;
    assert_eq!(anonymous["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}

#[tokio::test]
async fn a_weak_password_is_refused_with_the_reason() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let here = ana(&auth).await;
    for (new, expected, reason) in [
        ("short", "PASSWORD_TOO_WEAK", "at least 15 characters"),
        (
            "ana.lima@example.org",
            "PASSWORD_TOO_WEAK",
            "your own name or address",
        ),
        (
            "passwordpassword",
            "PASSWORD_TOO_WEAK",
            "only slightly harder to guess",
        ),
        (&"long phrase ".repeat(30), "PASSWORD_TOO_LONG", "at most 256"),
    ] {
        let payload = change(&auth, &here, PASSWORD, new).await;
        assert_eq!(code(&payload).as_deref(), Some(expected), "{new}");
        let message = payload["userErrors"][0]["message"].as_str().unwrap();
        assert!(message.contains(reason), "{message}");
    }
    sign_in(&auth, PASSWORD).await.unwrap();
}

#[tokio::test]
async fn of_two_changes_at_the_same_moment_one_is_made() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let here = ana(&auth).await;
    let wishes = ["seven quiet herons by the river", "eleven loud geese on a lawn"];
    let made = futures_util::future::join_all(wishes.map(|new| change(&auth, &here, PASSWORD, new))).await;
    let won: Vec<_> = wishes
        .iter()
        .zip(&made)
        .filter(|(_, payload)| code(payload).is_none())
        .map(|(wish, _)| *wish)
        .collect();
    assert_eq!(won.len(), 1, "{made:?}");
    sign_in(&auth, won[0]).await.unwrap();
}

#[tokio::test]
async fn no_session_that_began_with_the_old_password_outlives_its_change() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let here = ana(&auth).await;
    let passwords: Vec<String> = (0..8)
        .map(|turn| format!("{turn} quiet herons by the river"))
        .collect();
    assert_eq!(code(&change(&auth, &here, PASSWORD, &passwords[0]).await), None);
    for turn in passwords.windows(2) {
        let sign_ins = futures_util::future::join_all((0..4).map(|_| sign_in(&auth, &turn[0])));
        let (began, changed) = futures_util::join!(sign_ins, change(&auth, &here, &turn[0], &turn[1]));
        assert_eq!(code(&changed), None);
        for session in began.into_iter().flatten() {
            assert_eq!(
                auth.refresh(&session.refresh).await.unwrap_err(),
                "SESSION_REVOKED"
            );
        }
    }
}

#[tokio::test]
async fn who_holds_an_access_token_has_no_more_guesses_than_others() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let here = ana(&auth).await;
    let query =
        "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }";
    let mut codes = Vec::new();
    for turn in 0..12 {
        let guess = format!("a wrong long password {turn}");
        let input = json!({ "input": { "currentPassword": guess, "newPassword": NEW } });
        let answer = auth.graphql(Some(&here.access), query, input).await;
        codes.push(answer["errors"][0]["extensions"]["code"].clone());
    }
    assert_eq!(codes[0], Value::Null);
    assert_eq!(codes[11], "RATE_LIMITED");
}
