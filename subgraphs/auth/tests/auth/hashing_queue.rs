//! More sign-ins than can be hashed.

use constellation_auth::{ClientSettings, PasswordSettings};
use futures_util::future::join_all;
use serde_json::json;

use crate::attempts::{TooMany, WRONG, Wrong, attempt, register};
use crate::support::{Deployment, PASSWORD, cheap};

#[tokio::test]
async fn what_would_wait_too_long_is_turned_away_unhashed_and_uncounted_whether_there_is_an_account_or_not() {
    let deployment = Deployment::new().await;
    register(&deployment.service().await, "ana@example.org").await;
    let narrow = PasswordSettings {
        // Long enough for all requests of a burst to arrive while the first one is hashed.
        password_hash_memory_kib: 65_536,
        password_hash_passes: 10,
        password_hash_slots: Some(1.try_into().unwrap()),
        password_hash_queue: 0,
        ..cheap()
    };
    let auth = deployment.service_for(narrow, ClientSettings::default()).await;
    for email in ["ana@example.org", "bo@example.org"] {
        let query = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "email": email, "password": WRONG } });
        let burst = (0..8).map(|n| {
            let stranger = auth.at(&format!("198.51.100.{n}"));
            let input = input.clone();
            async move { stranger.graphql(None, query, input).await }
        });
        let answers = join_all(burst).await;
        let turned_away: Vec<_> = answers
            .iter()
            .filter(|answer| answer.get("errors").is_some())
            .collect();
        assert!(!turned_away.is_empty() && turned_away.len() < 8, "{answers:?}");
        for answer in &turned_away {
            assert_eq!(
                answer["errors"][0]["extensions"],
                json!({ "code": "UNAVAILABLE", "retryAfter": 2 })
            );
        }
        // Twenty failures are free for an account, and only what was hashed has failed.
        let quick = deployment.strict_service().await;
        let looked_at = 8 - turned_away.len();
        for n in looked_at..20 {
            let outcome = attempt(&quick.at(&format!("203.0.113.{n}")), email, WRONG).await;
            assert_eq!(outcome, Wrong, "{n} of {looked_at}");
        }
        assert_eq!(
            attempt(&quick.at("203.0.113.99"), email, WRONG).await,
            TooMany(30)
        );
    }
}

#[tokio::test]
async fn the_rest_endpoint_says_when_to_come_back() {
    let deployment = Deployment::new().await;
    let narrow = PasswordSettings {
        password_hash_memory_kib: 65_536,
        password_hash_passes: 10,
        password_hash_slots: Some(1.try_into().unwrap()),
        password_hash_queue: 0,
        ..cheap()
    };
    let auth = deployment.service_for(narrow, ClientSettings::default()).await;
    let burst = (0..8).map(|n| {
        let stranger = auth.at(&format!("198.51.100.{n}"));
        async move {
            let body = json!({ "email": format!("p{n}@example.org"), "password": PASSWORD });
            stranger.post("/login", body).await
        }
    });
    let answers = join_all(burst).await;
    let turned_away = answers.iter().find(|(status, ..)| *status == 503);
    let (_, headers, body) = turned_away.unwrap();
    assert_eq!(headers["retry-after"].to_str().unwrap(), "2");
    assert_eq!(body["error"], "temporarily_unavailable");
}
