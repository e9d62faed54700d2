//! Refresh tokens: used once, forgiving of what networks and browsers do, and unforgiving of thieves.

use std::collections::HashSet;

use mongodb::bson::doc;

use crate::support::{Deployment, Service};

const REVOKED: &str = "SESSION_REVOKED";
const INVALID: &str = "TOKEN_INVALID";
const EXPIRED: &str = "TOKEN_EXPIRED";

async fn one() -> (Deployment, Service) {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    (deployment, service)
}

fn refused<T>(code: &str) -> Result<T, String> {
    Err(code.to_owned())
}

#[tokio::test]
async fn twenty_refreshes_at_once_on_two_replicas_make_one_generation_and_all_get_the_same_successor() {
    let (deployment, first) = one().await;
    let second = deployment.service().await;
    let token = first.newcomer().await.refresh;

    let attempts = (0..20).map(|n| {
        if n % 2 == 0 {
            first.refresh(&token)
        } else {
            second.refresh(&token)
        }
    });
    let answers = futures_util::future::join_all(attempts).await;

    let successors: HashSet<_> = answers
        .into_iter()
        .map(|answer| answer.unwrap().refresh)
        .collect();
    assert_eq!(successors.len(), 1);
    let session = deployment
        .stored("sessions")
        .await
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap();
    assert_eq!(session.get_i64("generation").unwrap(), 1);
    assert!(second.refresh(successors.iter().next().unwrap()).await.is_ok());
}

#[tokio::test]
async fn a_retry_within_the_window_gets_the_same_refresh_token_and_another_access_token() {
    let (deployment, service) = one().await;
    let token = service.newcomer().await.refresh;
    let lost = service.refresh(&token).await.unwrap();
    deployment.advance(9);
    let retried = service.refresh(&token).await.unwrap();
    assert_eq!(retried.refresh, lost.refresh);
    assert_ne!(retried.access, lost.access);
    assert!(service.refresh(&retried.refresh).await.is_ok());
}

#[tokio::test]
async fn a_grandparent_ends_the_session_also_within_the_window() {
    let (_deployment, service) = one().await;
    let grandparent = service.newcomer().await.refresh;
    let parent = service.refresh(&grandparent).await.unwrap().refresh;
    let current = service.refresh(&parent).await.unwrap().refresh;
    assert_eq!(service.refresh(&grandparent).await, refused(REVOKED));
    assert_eq!(service.refresh(&parent).await, refused(REVOKED));
    assert_eq!(service.refresh(&current).await, refused(REVOKED));
}

#[tokio::test]
async fn a_forked_chain_cannot_come_about_and_who_goes_on_from_a_spent_token_ends_it_for_both() {
    let (deployment, service) = one().await;
    let root = service.newcomer().await.refresh;
    let owners = service.refresh(&root).await.unwrap().refresh;
    // Within the window a thief of the root gets no branch of their own, but the owner's very token.
    deployment.advance(9);
    let thiefs = service.refresh(&root).await.unwrap().refresh;
    assert_eq!(thiefs, owners);
    // So one of them has to go on from a token that the other has spent, and that is noticed.
    let ahead = service.refresh(&thiefs).await.unwrap().refresh;
    deployment.advance(10);
    assert_eq!(service.refresh(&owners).await, refused(REVOKED));
    assert_eq!(service.refresh(&ahead).await, refused(REVOKED));
}

#[tokio::test]
async fn the_parent_after_the_window_ends_the_session() {
    let (deployment, service) = one().await;
    let parent = service.newcomer().await.refresh;
    let current = service.refresh(&parent).await.unwrap().refresh;
    deployment.advance(10);
    assert_eq!(service.refresh(&parent).await, refused(REVOKED));
    assert_eq!(service.refresh(&current).await, refused(REVOKED));
}

#[tokio::test]
async fn no_retry_revives_a_session_that_was_ended() {
    let (_deployment, service) = one().await;
    let parent = service.newcomer().await.refresh;
    let current = service.refresh(&parent).await.unwrap().refresh;
    service.logout(&current).await.unwrap();
    assert_eq!(service.refresh(&parent).await, refused(REVOKED));
    assert_eq!(service.refresh(&current).await, refused(REVOKED));
}

#[tokio::test]
async fn a_logout_beats_a_refresh_that_runs_at_the_same_time() {
    let (deployment, first) = one().await;
    let second = deployment.service().await;
    for _ in 0..10 {
        let token = first.newcomer().await.refresh;
        let (refreshed, ended) = tokio::join!(first.refresh(&token), second.logout(&token));
        assert_eq!(ended, Ok(()));
        // The refresh may have been first and have got a token, but that token is of no use.
        let latest = refreshed.map_or(token, |pair| pair.refresh);
        assert_eq!(first.refresh(&latest).await, refused(REVOKED));
    }
}

#[tokio::test]
async fn signing_out_twice_or_with_a_spent_token_is_no_error() {
    let (_deployment, service) = one().await;
    let spent = service.newcomer().await.refresh;
    let current = service.refresh(&spent).await.unwrap().refresh;
    assert_eq!(service.logout(&spent).await, Ok(()));
    assert_eq!(service.logout(&current).await, Ok(()));
    assert_eq!(service.refresh(&current).await, refused(REVOKED));
}

#[tokio::test]
async fn generations_made_within_the_same_moment_are_told_apart() {
    let (_deployment, service) = one().await;
    // The clock stands still through all of this.
    let mut tokens = vec![service.newcomer().await.refresh];
    for _ in 0..5 {
        let next = service.refresh(tokens.last().unwrap()).await.unwrap().refresh;
        assert!(!tokens.contains(&next));
        tokens.push(next);
    }
    assert_eq!(service.refresh(&tokens[0]).await, refused(REVOKED));
}

#[tokio::test]
async fn a_restart_forgets_nothing() {
    let (deployment, service) = one().await;
    let spent = service.newcomer().await.refresh;
    let current = service.refresh(&spent).await.unwrap().refresh;
    drop(service);
    let restarted = deployment.service().await;
    let next = restarted.refresh(&current).await.unwrap().refresh;
    assert_eq!(restarted.refresh(&spent).await, refused(REVOKED));
    assert_eq!(restarted.refresh(&next).await, refused(REVOKED));
}

#[tokio::test]
async fn a_token_is_good_for_seven_days_from_its_making_and_a_session_for_ninety_in_all() {
    let (deployment, service) = one().await;
    let day = 24 * 60 * 60;

    let mut token = service.newcomer().await.refresh;
    for _ in 0..15 {
        deployment.advance(6 * day);
        if let Ok(pair) = service.refresh(&token).await {
            token = pair.refresh;
        }
    }
    // Six days fifteen times: ninety days after the sign-in.
    assert_eq!(service.refresh(&token).await, refused(EXPIRED));

    let token = service.newcomer().await.refresh;
    deployment.advance(7 * day);
    assert_eq!(service.refresh(&token).await, refused(EXPIRED));
}

#[tokio::test]
async fn a_forged_token_is_refused_and_does_no_harm_to_the_session_that_it_names() {
    let (_deployment, service) = one().await;
    let first = service.newcomer().await.refresh;
    let second = service.refresh(&first).await.unwrap().refresh;
    let token = service.refresh(&second).await.unwrap().refresh;
    let other = service.newcomer().await.refresh;
    // The session's id and a generation, which are no secrets, with a secret part of something else.
    let spliced = format!("{}{}", &token[..28], &other[28..]);
    let older = format!("{}{}", &first[..28], &other[28..]);
    let mut flipped = token.clone();
    flipped.replace_range(40..41, if &token[40..41] == "A" { "B" } else { "A" });

    for forged in [
        "",
        "nonsense",
        &token[..60],
        &spliced,
        &flipped,
        &older,
        &format!("{token}A"),
    ] {
        assert_eq!(service.refresh(forged).await, refused(INVALID), "{forged}");
        assert_eq!(service.logout(forged).await, refused(INVALID), "{forged}");
    }
    assert!(service.refresh(&token).await.is_ok());
    assert!(service.refresh(&other).await.is_ok());
}

#[tokio::test]
async fn the_database_holds_no_token_that_could_be_used() {
    let (deployment, service) = one().await;
    let first = service.newcomer().await.refresh;
    let second = service.refresh(&first).await.unwrap().refresh;
    let session = deployment
        .stored("sessions")
        .await
        .find_one(doc! {})
        .await
        .unwrap()
        .unwrap();
    let stored = format!("{session:?}");
    for token in [first, second] {
        assert!(!stored.contains(&token), "a token is stored as it is");
        for part in [&token[..], &token[27..]] {
            use base64::Engine as _;
            if let Ok(bytes) = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(part) {
                assert!(
                    !stored.contains(&format!("{bytes:?}")[1..]),
                    "a token's bytes are stored"
                );
            }
        }
    }
}
