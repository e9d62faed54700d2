//! How long somebody who guesses has to wait.

use std::sync::Arc;

use constellation_testing::ManualClock;
use futures_util::future::join_all;
use mongodb::bson::doc;
use serde_json::{Value, json};

use crate::attempts::{
    In, Outcome, TooMany, WRONG, Wrong, attempt, attempt_with, exhaust, outcome, register,
};
use crate::support::{Deployment, PASSWORD};

const ANA: &str = "ana@example.org";

#[tokio::test]
async fn whoever_guesses_waits_twice_as_long_each_time_up_to_an_hour() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth.at("192.0.2.1"), ANA).await;
    let stranger = auth.at("198.51.100.7");
    let mut waits = vec![exhaust(&stranger, ANA).await.1];
    while waits.len() < 12 {
        // A second too early is too early.
        let wait = *waits.last().unwrap();
        deployment.advance(wait - 1);
        assert_eq!(attempt(&stranger, ANA, PASSWORD).await, TooMany(1));
        deployment.advance(1);
        let (looked_at, wait) = exhaust(&stranger, ANA).await;
        assert_eq!(looked_at, 1);
        waits.push(wait);
    }
    assert_eq!(
        waits,
        [10, 20, 40, 80, 160, 320, 640, 1280, 2560, 3600, 3600, 3600]
    );
    // And it never becomes a lockout.
    deployment.advance(3600);
    assert!(matches!(attempt(&stranger, ANA, PASSWORD).await, In(_)));
}

#[tokio::test]
async fn an_account_is_guessed_at_a_hundred_times_in_a_row_at_the_most_from_however_many_addresses() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let phone = register(&auth.at("192.0.2.1"), ANA).await;
    let closed = 30 * 24 * 3600;
    let mut strangers = 0;
    let mut guess = async |account: &str| {
        // Always somebody new.
        strangers += 1;
        let stranger = auth.at(&format!("2001:db8:{strangers:x}::1"));
        attempt(&stranger, account, WRONG).await
    };
    // What strangers learn of an account is the same whether there is one.
    for account in ["nobody@example.org", ANA] {
        let (mut guesses, mut waited) = (0, 0);
        loop {
            match guess(account).await {
                Wrong => guesses += 1,
                TooMany(wait) if wait > 3600 => {
                    assert_eq!((guesses, wait), (100, closed), "{account}");
                    break;
                }
                TooMany(wait) => {
                    // Resting in between makes no new row.
                    deployment.advance(2 * wait);
                    waited += 2 * wait;
                }
                In(_) => panic!("a wrong password is right"),
            }
        }
        assert!(waited > 5 * 24 * 3600, "{waited}");
    }
    let cafe = auth.at("203.0.113.9");
    assert!(matches!(attempt(&cafe, ANA, PASSWORD).await, TooMany(_)));
    // Its owner gets in from where they are known, and strangers begin a new row, at the pace of before.
    assert!(matches!(
        attempt_with(&cafe, ANA, PASSWORD, Some(&phone)).await,
        In(_)
    ));
    let TooMany(wait) = guess(ANA).await else {
        panic!("a stranger is let in at once");
    };
    assert!(wait <= 3600, "{wait}");
    deployment.advance(wait);
    assert_eq!(guess(ANA).await, Wrong);
}

#[tokio::test]
async fn nobody_waits_because_the_clock_of_another_replica_is_ahead_or_its_request_overtook_theirs() {
    let mut deployment = Deployment::new().await;
    let slow = deployment.strict_service().await;
    deployment.clock = Arc::new(ManualClock::at("2100-01-31T12:00:05Z"));
    let fast = deployment.strict_service().await;
    let address = "192.0.2.1";
    register(&fast.at(address), ANA).await;
    assert_eq!(attempt(&fast.at(address), ANA, WRONG).await, Wrong);
    assert!(matches!(attempt(&slow.at(address), ANA, PASSWORD).await, In(_)));
}

#[tokio::test]
async fn replicas_count_together_and_attempts_at_the_same_time_cannot_slip_past() {
    let deployment = Deployment::new().await;
    let replicas = [
        deployment.strict_service().await,
        deployment.strict_service().await,
    ];
    register(&replicas[0].at("192.0.2.1"), ANA).await;
    // Forty strangers at once, each from an address of their own, half of them at each replica.
    let storm = (0..40).map(|n| {
        let stranger = replicas[n % 2].at(&format!("198.51.100.{n}"));
        async move { attempt(&stranger, ANA, WRONG).await }
    });
    let outcomes = join_all(storm).await;
    let looked_at = outcomes.iter().filter(|outcome| **outcome == Wrong).count();
    assert_eq!(looked_at, 20, "{outcomes:?}");
    for replica in &replicas {
        let newcomer = replica.at("203.0.113.9");
        assert!(matches!(attempt(&newcomer, ANA, PASSWORD).await, TooMany(_)));
    }
}

#[tokio::test]
async fn a_person_gets_in_amid_a_strangers_storm_from_a_device_or_an_address_that_they_signed_in_from_before()
{
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let (home, cafe) = (auth.at("192.0.2.1"), auth.at("203.0.113.9"));
    let phone = register(&home, ANA).await;
    let storm = async || {
        for n in 0..40 {
            attempt(&auth.at(&format!("198.51.100.{n}")), ANA, WRONG).await;
        }
    };
    storm().await;
    assert!(
        matches!(attempt(&cafe, ANA, PASSWORD).await, TooMany(_)),
        "a stranger's device got in"
    );
    // The phone is known wherever it is, also at the address that a part of the storm comes from.
    let In(shown) = attempt_with(&cafe, ANA, PASSWORD, Some(&phone)).await else {
        panic!("a known device was turned away");
    };
    assert_eq!(shown, phone);
    exhaust(&auth.at("198.51.100.1"), ANA).await;
    assert!(matches!(
        attempt_with(&auth.at("198.51.100.1"), ANA, PASSWORD, Some(&phone)).await,
        In(_)
    ));
    // At home no token is needed.
    assert!(matches!(attempt(&home, ANA, PASSWORD).await, In(_)));
    // That its owner signs in does not give the storm a new start.
    assert!(matches!(
        attempt(&auth.at("198.51.100.77"), ANA, WRONG).await,
        TooMany(_)
    ));
    // A device and an address are forgotten half a year after they were last seen.
    deployment.advance(181 * 24 * 3600);
    storm().await;
    assert!(matches!(
        attempt_with(&cafe, ANA, PASSWORD, Some(&phone)).await,
        TooMany(_)
    ));
}

#[tokio::test]
async fn a_device_token_opens_nothing_and_helps_with_one_account_only() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let mallory = register(&auth.at("192.0.2.9"), "mallory@example.org").await;
    let ana = register(&auth.at("192.0.2.1"), ANA).await;
    let stranger = auth.at("198.51.100.7");
    assert_eq!(attempt_with(&stranger, ANA, WRONG, Some(&ana)).await, Wrong);
    exhaust(&stranger, ANA).await;
    for token in [mallory.as_str(), "", "no token", &"A".repeat(43)] {
        assert!(
            matches!(
                attempt_with(&stranger, ANA, PASSWORD, Some(token)).await,
                TooMany(_)
            ),
            "{token}"
        );
    }
    // A stolen one has a budget of its own, and it is small.
    let mut guesses = 1;
    while attempt_with(&stranger, ANA, WRONG, Some(&ana)).await == Wrong {
        guesses += 1;
    }
    assert_eq!(guesses, 10);
}

#[tokio::test]
async fn an_unknown_account_is_counted_and_answered_just_the_same() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth.at("192.0.2.1"), ANA).await;
    let story = async |email: &str, addresses: [&str; 3]| {
        let mut story = Vec::new();
        for address in addresses {
            let stranger = auth.at(address);
            for _ in 0..12 {
                let input = json!({ "email": email, "password": WRONG });
                let query = "mutation($input: LoginInput!) { login(input: $input) { user { id } tokens { accessToken } \
                             deviceToken userErrors { code message path } } }";
                story.push(stranger.graphql(None, query, json!({ "input": input })).await);
                let (status, headers, body) = stranger.post("/login", input).await;
                story.push(json!([
                    status,
                    headers.get("retry-after").map(|after| after.to_str().unwrap()),
                    body
                ]));
            }
        }
        story
    };
    let known = story(ANA, ["198.51.100.1", "198.51.100.2", "198.51.100.3"]).await;
    assert!(known.iter().any(|answer| answer[0] == 429) && known.iter().any(|answer| answer[0] == 400));
    for unknown in ["bo@example.org", "not an address", ""] {
        // A network of its own for each, so that only the account is counted together.
        let addresses = match unknown {
            "" => ["203.0.113.1", "203.0.113.2", "203.0.113.3"],
            "not an address" => ["203.0.113.4", "203.0.113.5", "203.0.113.6"],
            _ => ["203.0.113.7", "203.0.113.8", "203.0.113.9"],
        };
        assert_eq!(story(unknown, addresses).await, known, "{unknown}");
    }
}

#[tokio::test]
async fn who_knows_their_password_is_never_slowed_down_and_their_own_slips_are_forgotten() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    let office = auth.at("192.0.2.1");
    register(&office, ANA).await;
    for _ in 0..100 {
        assert!(matches!(attempt(&office, ANA, PASSWORD).await, In(_)));
    }
    for _ in 0..4 {
        for _ in 0..9 {
            assert_eq!(attempt(&office, ANA, WRONG).await, Wrong);
        }
        assert!(matches!(attempt(&office, ANA, PASSWORD).await, In(_)));
    }
}

#[tokio::test]
async fn every_alias_is_an_attempt_and_an_operation_holds_ten_mutations_at_most() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth.at("192.0.2.1"), ANA).await;
    let stranger = auth.at("198.51.100.7");
    let login = |n: usize| {
        format!(
            "a{n}: login(input: {{ email: \"{ANA}\", password: \"wrong password {n}\" }}) {{ deviceToken userErrors {{ code }} }}"
        )
    };
    let aliases = |range: std::ops::Range<usize>| range.map(login).collect::<Vec<_>>().join(" ");
    // Too many are refused before any is looked at, however they are written.
    for document in [
        format!("mutation {{ {} }}", aliases(0..11)),
        format!(
            "mutation {{ ...F ...G }} fragment F on Mutation {{ {} }} fragment G on Mutation {{ {} }}",
            aliases(0..6),
            aliases(6..12)
        ),
        format!(
            "mutation {{ {} ... {{ ... on Mutation {{ {} }} }} }}",
            aliases(0..6),
            aliases(6..12)
        ),
        "mutation { ...F } fragment F on Mutation { ...F }".to_owned(),
    ] {
        let answer = stranger.graphql(None, &document, json!({})).await;
        assert_eq!(
            answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT",
            "{answer}"
        );
        assert_eq!(answer["data"], Value::Null);
    }
    let answer = stranger
        .graphql(None, &format!("mutation {{ {} }}", aliases(0..8)), json!({}))
        .await;
    assert_eq!(answer.get("errors"), None, "{answer}");
    // Two more, and the rest of the operation is not looked at.
    let answer = stranger
        .graphql(None, &format!("mutation {{ {} }}", aliases(0..3)), json!({}))
        .await;
    assert_eq!(outcome(&answer), TooMany(10));
    assert_eq!(answer["errors"][0]["path"], json!(["a2"]));
}

#[tokio::test]
async fn the_rest_endpoints_count_with_the_graph_and_say_so_in_words_of_oauth() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth.at("192.0.2.1"), ANA).await;
    let stranger = auth.at("198.51.100.7");
    let wrong = json!({ "email": ANA, "password": WRONG });
    for _ in 0..5 {
        assert_eq!(attempt(&stranger, ANA, WRONG).await, Wrong);
        assert_eq!(stranger.post("/login", wrong.clone()).await.0, 400);
    }
    let (status, headers, body) = stranger.post("/login", wrong).await;
    assert_eq!((status, headers["retry-after"].to_str().unwrap()), (429, "10"));
    assert_eq!(
        body,
        json!({ "error": "slow_down", "error_description": "Too many attempts. Try again in 10 seconds." })
    );
    assert_eq!(attempt(&stranger, ANA, PASSWORD).await, TooMany(10));

    let (_, _, granted) = auth
        .at("192.0.2.1")
        .post("/login", json!({ "email": ANA, "password": PASSWORD }))
        .await;
    let shown = json!({ "email": ANA, "password": PASSWORD, "device_token": granted["device_token"] });
    let (status, _, again) = stranger.post("/login", shown).await;
    assert_eq!((status, &again["device_token"]), (200, &granted["device_token"]));
}

#[tokio::test]
async fn the_counters_name_nobody_and_end_by_themselves() {
    let deployment = Deployment::new().await;
    let auth = deployment.strict_service().await;
    register(&auth.at("192.0.2.1"), ANA).await;
    for _ in 0..11 {
        let _: Outcome = attempt(&auth.at("198.51.100.7"), ANA, WRONG).await;
    }
    let counters = deployment.stored("attempts").await;
    let mut cursor = counters.find(doc! {}).await.unwrap();
    let mut count = 0;
    while cursor.advance().await.unwrap() {
        let counter = cursor.deserialize_current().unwrap();
        let text = format!("{counter:?}");
        assert!(
            !text.contains("ana@") && !text.contains("198.51.100") && !text.contains("192.0.2"),
            "{text}"
        );
        assert!(counter.get_datetime("forgetAt").unwrap() >= counter.get_datetime("opensAt").unwrap());
        count += 1;
    }
    // Registering: the address, the account, both; and the device and the address, known. Guessing: the address, the
    // account, both.
    assert_eq!(count, 8);
    assert!(deployment.forgets_by("attempts", "forgetAt").await);
}
