//! Keys change while everything runs: no request fails, and nobody is signed out.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use axum::http::HeaderValue;
use constellation_auth::{KeyFile, KeyInfo, KeyState, KeyUse};
use constellation_shared::auth::{EndedSessionsSource, FEED_POLL, KeyRing, Location, TokenVerifier};
use constellation_shared::entropy::SystemEntropy;
use constellation_testing::{AUDIENCE, ISSUER};
use serde_json::{Value, json};

use crate::support::{Deployment, Service, until};

impl Deployment {
    fn key_file(&self) -> KeyFile {
        KeyFile::at(&self.keys_file())
    }

    fn add(&self, used_for: KeyUse) -> KeyInfo {
        self.key_file()
            .add(used_for, &*self.clock, &SystemEntropy)
            .unwrap()
    }

    fn promote(&self, used_for: KeyUse) -> KeyInfo {
        self.key_file().promote(used_for, true, &*self.clock).unwrap()
    }

    fn previous(&self, used_for: KeyUse) -> KeyInfo {
        let keys = self.key_file().list().unwrap().into_iter();
        let mut previous = keys.filter(|key| key.used_for == used_for && key.state == KeyState::Previous);
        previous.next().unwrap()
    }
}

/// The ids of the keys that a service publishes.
async fn published(service: &Service) -> BTreeSet<String> {
    let jwks: Value = service.get("/.well-known/jwks.json").await.json().await.unwrap();
    let keys = jwks["keys"].as_array().unwrap().iter();
    keys.map(|key| key["kid"].as_str().unwrap().to_owned()).collect()
}

/// The key that signed a token.
fn signer(token: &str) -> String {
    jsonwebtoken::decode_header(token).unwrap().kid.unwrap()
}

/// The key that the current refresh token of the only session was derived with.
async fn deriver(deployment: &Deployment) -> String {
    let sessions = deployment.stored("sessions").await;
    let session = sessions.find_one(mongodb::bson::doc! {}).await.unwrap().unwrap();
    session.get_str("keyId").unwrap().to_owned()
}

/// A service elsewhere, which follows what this one publishes.
fn follower(deployment: &Deployment, auth: &Service) -> (TokenVerifier, KeyRing) {
    let at = |path: &str| {
        format!("{}/.well-known/{path}", auth.url)
            .parse::<Location>()
            .unwrap()
    };
    let keys = at("jwks.json").follow_keys();
    let source = EndedSessionsSource {
        location: at("ended-sessions"),
        keys: keys.clone(),
        issuer: ISSUER.into(),
        every: FEED_POLL,
        clock: deployment.clock.clone(),
    };
    let verifier = TokenVerifier::new(keys.clone(), ISSUER, AUDIENCE, deployment.clock.clone());
    (verifier.refusing(source.follow(), None), keys)
}

/// What the people do while the keys change.
struct Load {
    over: AtomicBool,
    /// How many rounds each of them has done: a refresh, a query at each replica, and one elsewhere.
    rounds: Vec<AtomicUsize>,
}

impl Load {
    /// Waits until everybody has begun and finished a round from now on.
    async fn goes_on(&self) {
        let begin: Vec<_> = self
            .rounds
            .iter()
            .map(|rounds| rounds.load(Ordering::Acquire))
            .collect();
        until("everybody goes on", async || {
            let rounds = self.rounds.iter().zip(&begin);
            rounds
                .into_iter()
                .all(|(rounds, begin)| rounds.load(Ordering::Acquire) >= begin + 2)
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_rotation_of_all_keys_under_load_has_no_failed_request_and_signs_nobody_out() {
    let deployment = Deployment::new().await;
    let replicas = Arc::new([deployment.service().await, deployment.service().await]);
    let (verifier, ring) = follower(&deployment, &replicas[0]);
    let load = Arc::new(Load {
        over: AtomicBool::new(false),
        rounds: (0..4).map(|_| AtomicUsize::new(0)).collect(),
    });
    until("elsewhere is ready", async || ring.is_loaded()).await;

    let mut people = Vec::new();
    for person in 0..load.rounds.len() {
        let mut pair = replicas[0].newcomer().await;
        let header = HeaderValue::from_str(&format!("Bearer {}", pair.access)).unwrap();
        until("elsewhere knows of ended sessions", async || {
            verifier.authenticate(Some(&header)).is_ok()
        })
        .await;
        let (load, replicas, verifier) = (Arc::clone(&load), Arc::clone(&replicas), verifier.clone());
        people.push(tokio::spawn(async move {
            let mut signers = BTreeSet::new();
            while !load.over.load(Ordering::Acquire) {
                let round = load.rounds[person].load(Ordering::Acquire);
                let spent = pair.refresh;
                pair = replicas[round % 2].refresh(&spent).await.unwrap();
                // The answer may have got lost: the other replica gives the same.
                let again = replicas[(round + 1) % 2].refresh(&spent).await.unwrap();
                assert_eq!(again.refresh, pair.refresh);
                for access in [&pair.access, &again.access] {
                    for replica in &*replicas {
                        let answer = replica.graphql(Some(access), "{ me { id } }", json!({})).await;
                        assert_eq!(answer.get("errors"), None, "{answer}");
                    }
                    let header = HeaderValue::from_str(&format!("Bearer {access}")).unwrap();
                    // Its keys are there before they are needed, so nobody waits for any.
                    verifier.authenticate(Some(&header)).unwrap();
                    signers.insert(signer(access));
                }
                load.rounds[person].fetch_add(1, Ordering::AcqRel);
            }
            signers
        }));
    }

    load.goes_on().await;
    let next = deployment.add(KeyUse::Signing);
    deployment.add(KeyUse::Refresh);
    until("all know the new key", async || {
        let first = published(&replicas[0]).await.contains(&next.id);
        first && published(&replicas[1]).await.contains(&next.id) && ring.knows(&next.id)
    })
    .await;
    load.goes_on().await;
    let current = deployment.promote(KeyUse::Signing);
    assert_eq!(current.id, next.id);
    let refresh = deployment.promote(KeyUse::Refresh);
    let sessions = deployment.stored("sessions").await;
    until("all sessions go on with the new refresh key", async || {
        let with_others = mongodb::bson::doc! { "keyId": { "$ne": &refresh.id } };
        sessions.count_documents(with_others).await.unwrap() == 0
    })
    .await;
    // Both replicas sign with the new key now, and nobody has a token of the old one.
    for replica in &*replicas {
        until("a replica signs with the new key", async || {
            signer(&replica.newcomer().await.access) == next.id
        })
        .await;
    }
    load.goes_on().await;
    for used_for in [KeyUse::Signing, KeyUse::Refresh] {
        let retired = deployment.previous(used_for);
        deployment
            .key_file()
            .retire(&retired.id, true, &*deployment.clock)
            .unwrap();
    }
    until("the old key is no longer published", async || {
        let only = BTreeSet::from([next.id.clone()]);
        published(&replicas[0]).await == only && published(&replicas[1]).await == only
    })
    .await;
    load.goes_on().await;

    load.over.store(true, Ordering::Release);
    for person in people {
        let signers = person.await.unwrap();
        assert_eq!(signers.len(), 2, "{signers:?}");
    }
}

#[tokio::test]
async fn a_refresh_that_is_repeated_across_a_rotation_gets_the_same_successor() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let first = service.newcomer().await.refresh;
    let lost = service.refresh(&first).await.unwrap().refresh;
    let old = deriver(&deployment).await;
    deployment.add(KeyUse::Refresh);
    let new = deployment.promote(KeyUse::Refresh);
    // A service that starts now has the new key in use; the clock stands still.
    let other = deployment.service().await;
    assert_eq!(other.refresh(&first).await.unwrap().refresh, lost);
    assert_eq!(deriver(&deployment).await, old);

    let next = other.refresh(&lost).await.unwrap().refresh;
    assert_eq!(deriver(&deployment).await, new.id);
    // The first replica may not have read the file since; it does when it meets a key that it does not know.
    assert_eq!(service.refresh(&lost).await.unwrap().refresh, next);
    assert!(service.refresh(&next).await.is_ok());
}

#[tokio::test]
async fn theft_is_noticed_across_a_rotation_until_the_old_key_is_retired() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let stolen = service.newcomer().await.refresh;
    let second = service.refresh(&stolen).await.unwrap().refresh;
    deployment.add(KeyUse::Refresh);
    deployment.promote(KeyUse::Refresh);
    let rotated = deployment.service().await;
    let third = rotated.refresh(&second).await.unwrap().refresh;
    assert_eq!(rotated.refresh(&stolen).await, Err("SESSION_REVOKED".into()));
    assert_eq!(rotated.refresh(&third).await, Err("SESSION_REVOKED".into()));
}

#[tokio::test]
async fn a_session_outlives_the_key_of_its_refresh_token() {
    let deployment = Deployment::new().await;
    let token = deployment.service().await.newcomer().await.refresh;
    deployment.add(KeyUse::Refresh);
    deployment.promote(KeyUse::Refresh);
    let old = deployment.previous(KeyUse::Refresh);
    deployment
        .key_file()
        .retire(&old.id, true, &*deployment.clock)
        .unwrap();
    // Tokens are recognised by their hashes, so the key is not needed to take one.
    let service = deployment.service().await;
    let next = service.refresh(&token).await.unwrap().refresh;
    assert!(service.refresh(&next).await.is_ok());
}

#[tokio::test]
async fn a_broken_file_of_keys_changes_nothing_until_it_is_mended() {
    let deployment = Deployment::new().await;
    let service = deployment.service().await;
    let path = deployment.keys_file();
    let good = std::fs::read(&path).unwrap();
    std::fs::write(&path, &good[..good.len() / 2]).unwrap();
    let before = published(&service).await;
    // The present keys stay, while the file is looked at again and again.
    for _ in 0..20 {
        let pair = service.newcomer().await;
        assert!(service.refresh(&pair.refresh).await.is_ok());
        let answer = service
            .graphql(Some(&pair.access), "{ me { id } }", json!({}))
            .await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        assert_eq!(published(&service).await, before);
    }
    // And it is still looked at.
    std::fs::write(&path, &good).unwrap();
    let next = deployment.add(KeyUse::Signing);
    until("the mended file is taken up", async || {
        published(&service).await.contains(&next.id)
    })
    .await;
}
