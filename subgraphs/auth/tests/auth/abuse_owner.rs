//! What a storm of strangers, or a thief within, must not do to the owner of an account.

use serde_json::{Value, json};

use crate::attempts::{In, TooMany, WRONG, Wrong, attempt, attempt_with, exhaust, register};
use crate::support::{Deployment, PASSWORD, Pair, Service, code, pair};

const ANA: &str = "ana@example.org";
const NEW: &str = "four green kites over the hill";

async fn storm(auth: &Service) {
    for n in 0..40 {
        attempt(&auth.at(&format!("198.51.100.{n}")), ANA, WRONG).await;
    }
}

async fn signed_in(auth: &Service) -> Pair {
    pair(&auth.login(json!({ "email": ANA, "password": PASSWORD })).await).unwrap()
}

async fn change_password(auth: &Service, of: &Pair, current: &str) -> Value {
    let input = json!({ "currentPassword": current, "newPassword": NEW });
    let fields = "user { id } userErrors { code }";
    auth.mutation_by(Some(&of.access), "changePassword", fields, input)
        .await
}

#[tokio::test]
async fn a_storm_keeps_nobody_who_is_signed_in_from_changing_their_password() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth.at("192.0.2.1"), ANA).await;
    let phone = signed_in(&auth.at("192.0.2.1")).await;
    storm(&auth).await;
    let on_the_way = auth.at("203.0.113.9");
    assert!(matches!(attempt(&on_the_way, ANA, PASSWORD).await, TooMany(_)));
    let changed = change_password(&on_the_way, &phone, PASSWORD).await;
    assert_eq!(code(&changed), None, "{changed}");
    // And from there they are let in with the new one.
    assert!(matches!(attempt(&on_the_way, ANA, NEW).await, In(_)));
}

#[tokio::test]
async fn whoever_knew_the_old_password_is_a_stranger_to_the_new_one() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let (home, theirs) = (auth.at("192.0.2.1"), auth.at("203.0.113.9"));
    register(&home, ANA).await;
    let In(token) = attempt(&theirs, ANA, PASSWORD).await else {
        panic!("the password is right");
    };
    let phone = signed_in(&home).await;
    assert_eq!(code(&change_password(&home, &phone, PASSWORD).await), None);
    storm(&auth).await;
    for shown in [Some(token.as_str()), None] {
        let outcome = attempt_with(&theirs, ANA, PASSWORD, shown).await;
        assert!(matches!(outcome, TooMany(_)), "{outcome:?}");
    }
    assert!(matches!(attempt(&home, ANA, NEW).await, In(_)));
}

#[tokio::test]
async fn of_a_person_so_many_devices_are_known_that_signed_in_last() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let first = register(&auth.at("192.0.2.1"), ANA).await;
    let mut last = String::new();
    for _ in 0..50 {
        deployment.advance(1);
        let In(token) = attempt(&auth.at("203.0.113.9"), ANA, PASSWORD).await else {
            panic!("the password is right");
        };
        last = token;
    }
    storm(&auth).await;
    let elsewhere = auth.at("203.0.113.77");
    assert!(matches!(
        attempt_with(&elsewhere, ANA, PASSWORD, Some(&first)).await,
        TooMany(_)
    ));
    assert!(matches!(
        attempt_with(&elsewhere, ANA, PASSWORD, Some(&last)).await,
        In(_)
    ));
}

#[tokio::test]
async fn what_is_refused_counts_for_nobody() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth.at("192.0.2.1"), ANA).await;
    storm(&auth).await;
    let cafe = auth.at("203.0.113.9");
    for _ in 0..70 {
        assert!(matches!(attempt(&cafe, ANA, WRONG).await, TooMany(_)));
    }
    // Neither the place nor the person at the place has used anything up.
    assert_eq!(exhaust(&cafe, "bo@example.org").await.0, 10);
    deployment.advance(24 * 3600);
    assert_eq!(exhaust(&cafe, ANA).await.0, 10);
}

#[tokio::test]
async fn a_wrong_password_within_a_session_is_limited_and_stands_in_the_history() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth, ANA).await;
    let phone = signed_in(&auth).await;
    let mut wrong = 0;
    let input = json!({ "currentPassword": WRONG, "newPassword": NEW });
    let query =
        "mutation($input: ChangePasswordInput!) { changePassword(input: $input) { userErrors { code } } }";
    loop {
        let answer = auth
            .graphql(Some(&phone.access), query, json!({ "input": input }))
            .await;
        if answer["errors"].is_array() {
            assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
            break;
        }
        wrong += 1;
    }
    assert_eq!(wrong, 10);
    let query = "{ me { securityEvents(first: 20) { edges { node { kind } } } } }";
    let history = auth.graphql(Some(&phone.access), query, json!({})).await;
    let edges = history["data"]["me"]["securityEvents"]["edges"]
        .as_array()
        .unwrap();
    let failed = edges
        .iter()
        .filter(|edge| edge["node"]["kind"] == "SIGN_IN_FAILED");
    assert_eq!(failed.count(), 10);
    // Signing in is counted apart.
    assert_eq!(attempt(&auth, ANA, WRONG).await, Wrong);
}

#[tokio::test]
async fn an_account_that_cannot_be_made_counts_for_whoever_asks_and_not_for_the_address_it_would_have() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let mallory = auth.at("203.0.113.9");
    let query = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code } } }";
    let ask = async |email: &str| {
        let input = json!({ "email": email, "password": "a", "displayName": "Ana" });
        let answer = mallory.graphql(None, query, json!({ "input": input })).await;
        answer["errors"].is_null()
    };
    for n in 0..60 {
        assert!(ask([ANA, "no address"][n % 2]).await, "{n}");
    }
    assert!(!ask(ANA).await && !ask("no address").await);
    register(&auth.at("192.0.2.1"), ANA).await;
}
