//! Random histories of one session, held against a model that a reader can check in a minute.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use crate::support::{Deployment, Service};

#[derive(Debug, Clone)]
enum Step {
    /// Present the token that is this many generations old, at one of two replicas.
    Refresh {
        age: usize,
        replica: usize,
    },
    Logout {
        age: usize,
        replica: usize,
    },
    /// Let this many seconds go by.
    Wait(u64),
    /// Replace a replica by a new process.
    Restart {
        replica: usize,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let day: u64 = 24 * 60 * 60;
    prop_oneof![
        8 => (prop_oneof![6 => Just(0_usize), 3 => Just(1), 1 => 2..4_usize], 0..2_usize)
            .prop_map(|(age, replica)| Step::Refresh { age, replica }),
        1 => (0..3_usize, 0..2_usize).prop_map(|(age, replica)| Step::Logout { age, replica }),
        3 => prop_oneof![5 => 0..5_u64, 2 => 9..12_u64, 1 => (6 * day)..(8 * day)].prop_map(Step::Wait),
        1 => (0..2_usize).prop_map(|replica| Step::Restart { replica }),
    ]
}

/// What a session ought to do.
struct Model {
    now: u64,
    /// All tokens ever handed out, oldest first; the last is the current one.
    tokens: Vec<String>,
    rotated_at: u64,
    revoked: bool,
}

#[derive(Debug, PartialEq, Eq)]
enum Outcome {
    New,
    SameAgain,
    Revoked,
    Expired,
}

impl Model {
    const IDLE: u64 = 7 * 24 * 60 * 60;
    const ABSOLUTE: u64 = 90 * 24 * 60 * 60;

    fn refresh(&mut self, age: usize) -> Outcome {
        if self.revoked {
            return Outcome::Revoked;
        }
        if self.now >= self.rotated_at + Self::IDLE || self.now >= Self::ABSOLUTE {
            return Outcome::Expired;
        }
        match age {
            0 => Outcome::New,
            1 if self.now - self.rotated_at < 10 => Outcome::SameAgain,
            _ => {
                self.revoked = true;
                Outcome::Revoked
            }
        }
    }
}

async fn follow(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let deployment = Deployment::new().await;
    let mut replicas: Vec<Service> = vec![deployment.service().await, deployment.service().await];
    let first = replicas[0].newcomer().await.refresh;
    let mut model = Model {
        now: 0,
        tokens: vec![first],
        rotated_at: 0,
        revoked: false,
    };

    for step in steps {
        match step {
            Step::Wait(seconds) => {
                deployment.advance(seconds);
                model.now += seconds;
            }
            Step::Restart { replica } => replicas[replica] = deployment.service().await,
            Step::Logout { age, replica } => {
                let Some(token) = model.tokens.iter().rev().nth(age) else {
                    continue;
                };
                prop_assert_eq!(replicas[replica].logout(token).await, Ok(()));
                model.revoked = true;
            }
            Step::Refresh { age, replica } => {
                let Some(token) = model.tokens.iter().rev().nth(age).cloned() else {
                    continue;
                };
                let current = model.tokens.last().cloned();
                let answer = replicas[replica].refresh(&token).await.map(|pair| pair.refresh);
                match (model.refresh(age), answer) {
                    (Outcome::New, Ok(successor)) => {
                        prop_assert!(!model.tokens.contains(&successor));
                        model.tokens.push(successor);
                        model.rotated_at = model.now;
                    }
                    (Outcome::SameAgain, Ok(successor)) => prop_assert_eq!(Some(successor), current),
                    (Outcome::Revoked, Err(code)) => prop_assert_eq!(code, "SESSION_REVOKED"),
                    (Outcome::Expired, Err(code)) => prop_assert_eq!(code, "TOKEN_EXPIRED"),
                    (expected, answer) => prop_assert!(false, "expected {:?}, got {:?}", expected, answer),
                }
            }
        }
    }
    Ok(())
}

#[test]
fn every_history_of_a_session_goes_as_the_model_says() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let config = Config {
        cases: 40,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
        .run(&vec(step(), 1..25), |steps| runtime.block_on(follow(steps)))
        .unwrap();
}
