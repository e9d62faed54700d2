//! Whose attempts are counted together, and what besides sign-ins is counted.

use constellation_auth::ClientSettings;
use constellation_shared::http::ProxySettings;
use serde_json::{Value, json};

use crate::attempts::{In, TooMany, WRONG, Wrong, attempt, exhaust, register};
use crate::support::{Deployment, PASSWORD, Service, pair};

const ANA: &str = "ana@example.org";

#[tokio::test]
async fn an_ipv6_home_is_one_address_and_its_neighbour_another() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    for host in 0..10 {
        let guess = attempt(&auth.at(&format!("2001:db8:1:2::{host:x}")), ANA, WRONG).await;
        assert_eq!(guess, Wrong);
    }
    assert_eq!(
        attempt(&auth.at("2001:db8:1:2:ffff::1"), ANA, WRONG).await,
        TooMany(10)
    );
    assert_eq!(attempt(&auth.at("2001:db8:1:3::1"), ANA, WRONG).await, Wrong);
}

#[tokio::test]
async fn whoever_tries_one_password_on_many_accounts_is_stopped_by_their_address() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let stranger = auth.at("198.51.100.7");
    let mut tried = 0;
    let wait = loop {
        match attempt(&stranger, &format!("person{tried}@example.org"), PASSWORD).await {
            Wrong => tried += 1,
            TooMany(wait) => break wait,
            In(_) => panic!("nobody has this account"),
        }
    };
    assert_eq!((tried, wait), (60, 2));
    assert_eq!(attempt(&auth.at("198.51.100.8"), ANA, WRONG).await, Wrong);
    deployment.advance(2);
    assert_eq!(exhaust(&stranger, ANA).await, (1, 4));
}

#[tokio::test]
async fn whom_a_request_is_for_is_believed_of_trusted_proxies_only() {
    let deployment = Deployment::new().await;
    let proxies = ProxySettings {
        trusted_proxies: "10.0.0.0/8".parse().unwrap(),
    };
    let clients = ClientSettings {
        proxies,
        ..ClientSettings::default()
    };
    let auth = deployment.service_for(crate::support::cheap(), clients).await;
    // This machine is no trusted proxy here, so whatever it claims it is one address.
    for host in 0..10 {
        assert_eq!(
            attempt(&auth.at(&format!("203.0.113.{host}")), ANA, WRONG).await,
            Wrong
        );
    }
    assert_eq!(attempt(&auth.at("203.0.113.77"), ANA, WRONG).await, TooMany(10));
}

#[tokio::test]
async fn accounts_are_not_made_by_the_hundred_from_one_address() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let farm = auth.at("198.51.100.7");
    for n in 0..60 {
        register(&farm, &format!("person{n}@example.org")).await;
    }
    let newcomer = |email: &str| json!({ "email": email, "password": PASSWORD, "displayName": "Ana" });
    let query =
        "mutation($input: RegisterInput!) { register(input: $input) { user { id } userErrors { code } } }";
    let refused = farm.graphql(None, query, json!({ "input": newcomer(ANA) })).await;
    assert_eq!(
        refused["errors"][0]["extensions"],
        json!({ "code": "RATE_LIMITED", "retryAfter": 5 })
    );
    // Nor is what cannot be one looked at: telling why is work, too.
    let weak = json!({ "email": ANA, "password": "short", "displayName": "Ana" });
    let refused = farm.graphql(None, query, json!({ "input": weak })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "RATE_LIMITED");
    register(&auth.at("198.51.100.8"), ANA).await;
}

#[tokio::test]
async fn nobody_asks_often_whether_an_address_has_an_account() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth.at("192.0.2.1"), ANA).await;
    let stranger = auth.at("198.51.100.7");
    let query = "mutation($input: RegisterInput!) { register(input: $input) { userErrors { code } } }";
    let input = json!({ "email": ANA, "password": PASSWORD, "displayName": "Ana" });
    for _ in 0..5 {
        let answer = stranger.graphql(None, query, json!({ "input": input })).await;
        assert_eq!(answer["data"]["register"]["userErrors"][0]["code"], "EMAIL_TAKEN");
    }
    let answer = stranger.graphql(None, query, json!({ "input": input })).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "RATE_LIMITED");
}

const REFRESH: &str = "mutation($token: String!) { refresh(input: { refreshToken: $token }) { tokens { refreshToken } userErrors { code } } }";

async fn refresh(service: &Service, token: &str) -> Value {
    service.graphql(None, REFRESH, json!({ "token": token })).await
}

#[tokio::test]
async fn made_up_refresh_tokens_are_stopped_and_good_ones_are_not() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let shared = auth.at("198.51.100.7");
    let payload = shared
        .register(json!({ "email": ANA, "password": PASSWORD, "displayName": "Ana" }))
        .await;
    let mine = pair(&payload).unwrap();
    for n in 0..60 {
        // Some have the form of a token, some have not.
        let made_up = if n % 2 == 0 {
            "A".repeat(70)
        } else {
            "made up".to_owned()
        };
        let answer = refresh(&shared, &made_up).await;
        assert_eq!(
            answer["data"]["refresh"]["userErrors"][0]["code"], "TOKEN_INVALID",
            "{answer}"
        );
    }
    let limited = json!({ "code": "RATE_LIMITED", "retryAfter": 2 });
    assert_eq!(
        refresh(&shared, "made up").await["errors"][0]["extensions"],
        limited
    );
    let (status, headers, body) = shared
        .post("/token/refresh", json!({ "refresh_token": "made up" }))
        .await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(body["error"], "slow_down");
    let logout = "mutation { logout(input: { refreshToken: \"made up\" }) { signedOut } }";
    assert_eq!(
        shared.graphql(None, logout, json!({})).await["errors"][0]["extensions"],
        limited
    );

    // The good token, and its retry because the answer was lost, and signing out.
    let next = refresh(&shared, &mine.refresh).await["data"]["refresh"]["tokens"]["refreshToken"].clone();
    assert!(next.is_string());
    assert_eq!(
        refresh(&shared, &mine.refresh).await["data"]["refresh"]["tokens"]["refreshToken"],
        next
    );
    assert_eq!(shared.logout(next.as_str().unwrap()).await, Ok(()));
    // A token of ours that is spent for good is refused like a made-up one.
    assert_eq!(
        refresh(&shared, &mine.refresh).await["errors"][0]["extensions"],
        limited
    );
    assert_eq!(
        refresh(&auth.at("203.0.113.9"), &mine.refresh).await["data"]["refresh"]["userErrors"][0]["code"],
        "SESSION_REVOKED"
    );
}
