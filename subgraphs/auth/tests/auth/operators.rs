use constellation_auth::{OperatorError, Who};
use serde_json::{Value, json};

use crate::mailbox::{in_folder, latest};
use crate::support::{Deployment, PASSWORD, Pair, Service, code, pair, until};

async fn register(auth: &Service, name: &str) -> Pair {
    let email = format!("{name}@example.org");
    let input = json!({ "email": email, "password": PASSWORD, "displayName": name });
    pair(&auth.register(input).await).unwrap()
}

async fn login(auth: &Service, password: &str) -> Result<Pair, String> {
    let input = json!({ "email": "ana@example.org", "password": password });
    pair(&auth.login(input).await)
}

fn ana() -> Who {
    "Ana@Example.org".parse().unwrap()
}

/// The kinds of what happened to somebody, by name: time stands still in these tests.
async fn history(auth: &Service, person: &Pair) -> Vec<String> {
    let query = "{ me { securityEvents { edges { node { kind } } } } }";
    let answer = auth.graphql(Some(&person.access), query, json!({})).await;
    let events = answer["data"]["me"]["securityEvents"]["edges"]
        .as_array()
        .unwrap();
    let kind = |event: &Value| event["node"]["kind"].as_str().unwrap().to_owned();
    let mut kinds: Vec<_> = events.iter().map(kind).collect();
    kinds.sort_unstable();
    kinds
}

/// Why a refresh is refused, for a program.
async fn refresh_refusal(auth: &Service, person: &Pair) -> Value {
    let query = "mutation($token: String!) { refresh(input: { refreshToken: $token }) { userErrors { code reason } } }";
    let answer = auth
        .graphql(None, query, json!({ "token": person.refresh }))
        .await;
    answer["data"]["refresh"]["userErrors"].clone()
}

async fn is_refused_soon(auth: &Service, person: &Pair) {
    until("the access token is refused", async || {
        let answer = auth
            .graphql(Some(&person.access), "{ __typename }", json!({}))
            .await;
        answer["errors"][0]["extensions"]["code"] == "UNAUTHENTICATED"
    })
    .await;
}

#[tokio::test]
async fn a_disabled_account_ends_at_once_and_only_who_knows_the_password_learns_of_it() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let (before, other) = (register(&auth, "ana").await, register(&auth, "bo").await);
    let operators = deployment.operators().await;
    let (account, changed) = operators.disable(&ana()).await.unwrap();
    assert!(
        changed && account.disabled_at.is_some() && account.sessions == 0,
        "{account:?}"
    );

    is_refused_soon(&auth, &before).await;
    assert_eq!(
        refresh_refusal(&auth, &before).await,
        json!([{ "code": "SESSION_REVOKED", "reason": "ACCOUNT_DISABLED" }])
    );
    assert_eq!(login(&auth, "wrong").await.unwrap_err(), "INVALID_CREDENTIALS");
    assert_eq!(login(&auth, PASSWORD).await.unwrap_err(), "ACCOUNT_DISABLED");
    let body = json!({ "email": "ana@example.org", "password": PASSWORD });
    let (status, _, said) = auth.post("/login", body).await;
    assert_eq!((status, &said["error"]), (400, &json!("invalid_grant")));
    assert!(
        said["error_description"].as_str().unwrap().contains("disabled"),
        "{said}"
    );
    assert!(auth.refresh(&other.refresh).await.is_ok());

    assert!(!operators.disable(&ana()).await.unwrap().1);
    assert!(operators.enable(&ana()).await.unwrap().1);
    assert!(!operators.enable(&ana()).await.unwrap().1);
    let again = login(&auth, PASSWORD).await.unwrap();
    assert_eq!(
        refresh_refusal(&auth, &before).await[0]["reason"],
        "ACCOUNT_DISABLED"
    );
    assert_eq!(
        history(&auth, &again).await,
        [
            "ACCOUNT_DISABLED",
            "ACCOUNT_ENABLED",
            "REGISTERED",
            "SIGNED_IN",
            "SIGN_IN_FAILED"
        ]
    );
}

#[tokio::test]
async fn a_new_password_does_not_open_a_disabled_account() {
    const NEW: &str = "seven quiet herons by the river";
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    register(&auth, "ana").await;
    let operators = deployment.operators().await;
    operators.disable(&ana()).await.unwrap();
    operators.send_reset(&ana()).await.unwrap();
    auth.deliver().await;
    let token = latest(deployment.mail_folder(), "new password").token();
    let input = json!({ "token": token, "newPassword": NEW });
    let reset = auth
        .mutation_by(None, "resetPassword", "passwordReset", input)
        .await;
    assert_eq!(code(&reset), None);
    assert_eq!(login(&auth, NEW).await.unwrap_err(), "ACCOUNT_DISABLED");
    operators.enable(&ana()).await.unwrap();
    let back = login(&auth, NEW).await.unwrap();
    let asked = history(&auth, &back).await;
    let asked = asked.iter().filter(|kind| *kind == "PASSWORD_RESET_REQUESTED");
    assert_eq!(asked.count(), 1, "the mail and the command told of it twice");
}

#[tokio::test]
async fn sign_ins_at_the_same_moment_leave_no_session_in_a_disabled_account() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    register(&auth, "ana").await;
    let operators = deployment.operators().await;
    let who = ana();
    let sign_ins = futures_util::future::join_all((0..8).map(|_| login(&auth, PASSWORD)));
    let (signed_in, disabled) = tokio::join!(sign_ins, operators.disable(&who));
    assert!(disabled.unwrap().1);
    for session in signed_in.into_iter().flatten() {
        assert_eq!(
            auth.refresh(&session.refresh).await.unwrap_err(),
            "SESSION_REVOKED"
        );
    }
    assert_eq!(
        operators.list(None, None, 1).await.unwrap().accounts[0].sessions,
        0
    );
}

#[tokio::test]
async fn an_operator_ends_all_sessions_and_their_owner_signs_in_again() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let before = register(&auth, "ana").await;
    let operators = deployment.operators().await;
    assert_eq!(operators.end_sessions(&ana()).await.unwrap().1, 1);
    assert_eq!(operators.end_sessions(&ana()).await.unwrap().1, 0);
    is_refused_soon(&auth, &before).await;
    assert_eq!(
        refresh_refusal(&auth, &before).await[0]["reason"],
        "REMOVED_BY_OPERATOR"
    );
    let again = login(&auth, PASSWORD).await.unwrap();
    assert_eq!(
        history(&auth, &again).await,
        ["REGISTERED", "SESSIONS_ENDED_BY_OPERATOR", "SIGNED_IN"]
    );
}

#[tokio::test]
async fn accounts_are_listed_in_pages_and_found_by_a_part_of_their_address() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    for name in ["ana", "bo", "ANAIS.x"] {
        register(&auth, name).await;
        deployment.advance(1);
    }
    let operators = deployment.operators().await;
    let emails = async |search, after, size| {
        let page = operators.list(search, after, size).await.unwrap();
        let emails: Vec<_> = page
            .accounts
            .iter()
            .filter_map(|account| account.email.clone())
            .collect();
        (emails, page.more, page.accounts.last().map(|account| account.id))
    };
    let (first, more, last) = emails(None, None, 2).await;
    assert_eq!(
        (first.join(" "), more),
        ("ana@example.org bo@example.org".into(), true)
    );
    let (rest, more, _) = emails(None, last, 2).await;
    assert_eq!((rest.join(" "), more), ("ANAIS.x@example.org".into(), false));
    assert_eq!(emails(Some("Ana"), None, 9).await.0.len(), 2);
    // It is text, not a pattern.
    assert_eq!(emails(Some("s.x"), None, 9).await.0.len(), 1);
    assert_eq!(emails(Some("n.i"), None, 9).await.0.len(), 0);
}

#[tokio::test]
async fn who_does_not_exist_is_said_not_to() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    let operators = deployment.operators().await;
    for who in ["nobody@example.org", "01920000-0000-7000-8000-000000000001"] {
        let who: Who = who.parse().unwrap();
        assert!(matches!(
            operators.disable(&who).await,
            Err(OperatorError::NoAccount)
        ));
        assert!(matches!(
            operators.send_reset(&who).await,
            Err(OperatorError::NoAccount)
        ));
    }
    auth.deliver().await;
    assert_eq!(in_folder(deployment.mail_folder()).len(), 0);
}
