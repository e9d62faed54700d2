//! The time that an answer takes tells nothing.
//!
//! One run of one request says nothing about time on a busy machine. Here many are made in turns, and their ranks are
//! compared (Mann-Whitney): if the two kinds take the same time, each is as often the slower one as the other.

use std::time::{Duration, Instant};

use constellation_auth::PasswordSettings;
use serde_json::json;

use crate::attempts::{WRONG, register};
use crate::support::{Deployment, Service, cheap};

/// How many of each kind.
const SAMPLES: usize = 150;

/// How far from one half the share may be. By chance alone it is off by 0.033 in one of three runs, and by as much as
/// this in one of a hundred million; a hash that is left out takes it all the way to 0 or 1.
const TOLERANCE: f64 = 0.19;

/// The same where the two do the same work in other portions, which a machine that is short of memory's speed does not do in
/// exactly the same time.
const ROUGHLY: f64 = 0.35;

/// How often a value of the first kind is greater than one of the second: 0.5 when they cannot be told apart.
fn superiority(first: &[Duration], second: &[Duration]) -> f64 {
    let pairs = first.iter().flat_map(|a| second.iter().map(move |b| a.cmp(b)));
    let (wins, pairs) = pairs.fold((0.0, 0.0), |(wins, pairs), order| {
        (wins + f64::from(order as i8) / 2.0 + 0.5, pairs + 1.0)
    });
    wins / pairs
}

async fn timed(work: impl Future<Output = ()>) -> Duration {
    let start = Instant::now();
    work.await;
    start.elapsed()
}

/// Times two kinds of request in turns, and compares them.
async fn compare(deployment: &Deployment, first: impl AsyncFn(), second: impl AsyncFn()) -> f64 {
    let (mut firsts, mut seconds) = (Vec::new(), Vec::new());
    for n in 0..SAMPLES + 10 {
        // What was counted before is forgotten, so that no attempt is turned away.
        deployment.advance(31 * 24 * 3600);
        // The first few warm up what there is to warm up, and neither kind is always the one after the other.
        let (a, b) = if n % 2 == 0 {
            let a = timed(first()).await;
            (a, timed(second()).await)
        } else {
            let b = timed(second()).await;
            (timed(first()).await, b)
        };
        if n >= 10 {
            firsts.push(a);
            seconds.push(b);
        }
    }
    superiority(&firsts, &seconds)
}

async fn login(service: &Service, email: &str) {
    let query = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "email": email, "password": WRONG } });
    let answer = service.graphql(None, query, input).await;
    assert_eq!(
        answer["data"]["login"]["userErrors"][0]["code"], "INVALID_CREDENTIALS",
        "{answer}"
    );
}

#[tokio::test]
async fn an_unknown_address_takes_as_long_as_a_wrong_password() {
    let deployment = Deployment::new().await;
    let auth = deployment.service().await;
    register(&auth, "ana@example.org").await;
    let (known, unknown) = (auth.at("198.51.100.1"), auth.at("198.51.100.2"));
    let share = compare(
        &deployment,
        async || login(&known, "ana@example.org").await,
        async || login(&unknown, "bo@example.org").await,
    )
    .await;
    assert!((share - 0.5).abs() < TOLERANCE, "{share}");

    // The same measurement sees it where a hash is left out: a refresh token that is none is refused without one.
    let refresh = "mutation { refresh(input: { refreshToken: \"none\" }) { userErrors { code } } }";
    let share = compare(
        &deployment,
        async || login(&known, "ana@example.org").await,
        async || {
            auth.graphql(None, refresh, json!({})).await;
        },
    )
    .await;
    assert!(share - 0.5 > TOLERANCE, "{share}");
}

#[tokio::test]
async fn a_wrong_password_takes_as_long_where_the_stored_hash_is_from_weaker_days() {
    let deployment = Deployment::new().await;
    let before = deployment.service().await;
    register(&before, "ana@example.org").await;
    // Four times the work of what is stored.
    let today = deployment
        .service_with(PasswordSettings {
            password_hash_memory_kib: 14_336,
            password_hash_passes: 2,
            ..cheap()
        })
        .await;
    let (known, unknown) = (today.at("198.51.100.1"), today.at("198.51.100.2"));
    let share = compare(
        &deployment,
        async || login(&known, "ana@example.org").await,
        async || login(&unknown, "bo@example.org").await,
    )
    .await;
    assert!((share - 0.5).abs() < ROUGHLY, "{share}");
}
