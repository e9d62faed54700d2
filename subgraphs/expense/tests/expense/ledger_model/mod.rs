//! Random histories of a household's ledger on two replicas, held against rules that a reader can check in a few minutes.
//!
//! Members record, edit, void, restore and settle, one after the other or at the same moment, while roles change, people
//! join and leave, surprises are revealed, and replicas die at any write. The rules know nothing of replicas. What happens
//! at the same moment must look as if it had happened in some order, and what was under way when a replica died as if it
//! had happened wholly or not at all: so all worlds that may be are kept, and each answer leaves those in which it is right.
//! After every step everybody looks at everything: lists, totals, balances, plans, settlements, the ledger's check and
//! their own copy by the feed; and the database is looked at too, for shares, postings and what everybody has absorbed.
//!
//! A failure prints its seed; `LEDGER_MODEL_SEED=<seed>` takes that history again. `LEDGER_MODEL_SECONDS` says for how long
//! new ones are tried.

mod client;
mod history;
mod resolve;
mod rules;
mod steps;
mod views;

use std::sync::Arc;
use std::time::{Duration, Instant};

use constellation_shared::entropy::{SystemEntropy, random};
use constellation_testing::ManualClock;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};
use tokio::runtime::Runtime;

use crate::support::{MORNING, Service};
use history::{History, Shared};

/// How many histories are tried at the same time.
const LANES: usize = 3;

fn setting(name: &str) -> Option<u64> {
    let text = std::env::var(name).ok()?;
    Some(
        text.parse()
            .unwrap_or_else(|_| panic!("{name}={text} is no number")),
    )
}

/// Tries the history of this seed, and makes it shorter as long as it still fails.
fn try_out(runtime: &Runtime, shared: &Shared, seed: u64) {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let config = Config {
        cases: 1,
        failure_persistence: None,
        max_shrink_iters: 200,
        max_shrink_time: 60_000,
        ..Config::default()
    };
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let outcome = TestRunner::new_with_rng(config, rng).run(&steps::history(), |(people, steps)| {
        runtime.block_on(async { History::begin(shared, people).await.follow(steps).await })
    });
    if let Err(error) = outcome {
        panic!("LEDGER_MODEL_SEED={seed} takes this history again:\n{error}");
    }
}

#[test]
#[expect(clippy::print_stdout, reason = "how much was tried")]
fn every_history_of_a_households_ledger_goes_as_the_rules_say() {
    let seed = setting("LEDGER_MODEL_SEED");
    let patience = Duration::from_secs(setting("LEDGER_MODEL_SECONDS").unwrap_or(35));
    let first = seed.unwrap_or_else(|| u64::from_le_bytes(random(&SystemEntropy)) >> 16);
    let start = Instant::now();
    std::thread::scope(|scope| {
        let lanes = if seed.is_some() { 1 } else { LANES };
        let lanes: Vec<_> = (0..lanes)
            .map(|lane| {
                scope.spawn(move || {
                    let runtime = Runtime::new().unwrap();
                    let shared = runtime.block_on(async {
                        let at = constellation_mongod::testing::database().await;
                        let clock = Arc::new(ManualClock::at(MORNING));
                        let service = Service::start_at(&at.uri, &at.name, clock).await;
                        Shared { at, service }
                    });
                    let mut tried = 0;
                    loop {
                        try_out(&runtime, &shared, first + (tried * LANES + lane) as u64);
                        tried += 1;
                        if seed.is_some() || start.elapsed() > patience {
                            return tried;
                        }
                    }
                })
            })
            .collect();
        let tried: usize = lanes.into_iter().map(|lane| lane.join().unwrap()).sum();
        println!("{tried} histories from seed {first} on, in {:?}", start.elapsed());
    });
}
