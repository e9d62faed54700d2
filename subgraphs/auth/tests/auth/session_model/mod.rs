//! Random histories of one person's sessions on two replicas, held against rules that a reader can check in a minute.
//!
//! Steps are taken one after the other or at the same moment, by replicas that restart, change their keys, and die at any
//! write. The rules know nothing of that. What happens at the same moment must look as if it had happened in some order,
//! and what was under way when a replica died as if it had happened wholly or not at all: so all worlds that may be are
//! kept, and each answer leaves those in which it is right. When none is left, the service has broken a rule.
//!
//! A failure prints its seed; `SESSION_MODEL_SEED=<seed>` takes that history again. `SESSION_MODEL_SECONDS` says for how
//! long new ones are tried.

mod client;
mod history;
mod rules;
mod steps;
mod warnings;

use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use constellation_shared::entropy::{SystemEntropy, random};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::Runtime;

use crate::support::Deployment;
use history::{End, History};

/// How many histories are tried at the same time.
const LANES: usize = 3;
/// One history in so many may be given up because the database stalled.
const STALLED: usize = 20;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// Tries the history of this seed, and makes it shorter as long as it still fails. `false` is a history that was given
/// up: the service answered that it did not know what had become of a request, so the rules cannot know either.
fn try_out(runtime: &Runtime, deployment: &Deployment, seed: u64) -> bool {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 100,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let known = AtomicBool::new(true);
    let outcome = TestRunner::new_with_rng(config, rng).run(&steps::history(), |steps| {
        runtime.block_on(async {
            let end = History::begin(deployment).await.follow(steps).await?;
            known.fetch_and(matches!(end, End::Reached), Ordering::Relaxed);
            Ok(())
        })
    });
    if let Err(error) = outcome {
        panic!(
            "SESSION_MODEL_SEED={seed} takes this history again:\n{error}\nthe latest warnings:\n  {}",
            warnings::latest()
        );
    }
    known.into_inner()
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was tried")]
fn every_history_of_a_persons_sessions_goes_as_the_rules_say() {
    let seed = setting("SESSION_MODEL_SEED");
    let patience = Duration::from_secs(setting("SESSION_MODEL_SECONDS").unwrap_or(45));
    let first = seed.unwrap_or_else(|| u64::from_le_bytes(random(&SystemEntropy)) >> 16);
    let start = Instant::now();
    warnings::keep();
    std::thread::scope(|scope| {
        let lanes = if seed.is_some() { 1 } else { LANES };
        let lanes: Vec<_> = (0..lanes)
            .map(|lane| {
                scope.spawn(move || {
                    let runtime = Runtime::new().unwrap();
                    let deployment = runtime.block_on(Deployment::new());
                    let (mut tried, mut stalled) = (0, 0);
                    loop {
                        let known = try_out(&runtime, &deployment, first + (tried * LANES + lane) as u64);
                        tried += 1;
                        stalled += usize::from(!known);
                        if seed.is_some() || start.elapsed() > patience {
                            return (tried, stalled);
                        }
                    }
                })
            })
            .collect();
        let (mut tried, mut stalled) = (0, 0);
        for lane in lanes {
            let of_lane = lane.join().unwrap();
            tried += of_lane.0;
            stalled += of_lane.1;
        }
        println!(
            "{tried} histories from seed {first} on, {stalled} of them given up, in {:?}",
            start.elapsed()
        );
        assert!(
            stalled * STALLED <= tried,
            "{stalled} of {tried} histories met a database that did not answer:\n  {}",
            warnings::latest()
        );
    });
}
