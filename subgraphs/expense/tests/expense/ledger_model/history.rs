//! One history: what is done, and which worlds are left.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use constellation_mongod::testing::TestDatabase;
use constellation_shared::clock::Clock as _;
use constellation_shared::household::Role;
use constellation_testing::{Cut, Wire};
use futures_util::future::join_all;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::client::send;
use super::resolve::Transfer;
use super::rules::{Answer, Hidden, Operation, Place, World};
use super::steps::{Step, Wish};
use super::views::{self, about};
use crate::family::Family;
use crate::support::Service;

const FEED: &str = "changesSince(first: 50, after: $after) {
    edges { node { kind expenseId expense { version } } } pageInfo { endCursor hasNextPage } }";

/// What histories share: a database, a way there that is never cut, and the time.
pub(crate) struct Shared {
    pub(crate) at: TestDatabase,
    pub(crate) service: Service,
}

struct Replica {
    wire: Wire,
    service: Service,
}

/// What somebody's device keeps of the household, by following its feed.
#[derive(Default)]
struct Copy {
    cursor: Value,
    versions: BTreeMap<String, u64>,
}

pub(crate) struct History<'a> {
    shared: &'a Shared,
    replicas: Vec<Replica>,
    family: Family,
    /// Everything that may be the case.
    worlds: Vec<World>,
    /// The ids of entries.
    ids: BTreeMap<String, String>,
    /// The latest plans that somebody was told, and the ones before.
    plans: BTreeMap<(Place, bool), Vec<Transfer>>,
    copies: BTreeMap<Place, Copy>,
    counted: usize,
    trace: Vec<String>,
}

impl<'a> History<'a> {
    pub(crate) async fn begin(shared: &'a Shared, people: usize) -> Self {
        let mut roles = vec![Role::Owner];
        roles.resize(people, Role::Adult);
        let mut family = Family::of(&shared.service, &roles);
        // Its days begin at the same hour all year.
        family.household.zone = "Africa/Lagos".into();
        let mut roles: Vec<Option<Role>> = roles.into_iter().map(Some).collect();
        roles[people - 1] = None;
        family.now_are(&roles);
        let world = World {
            now: shared.service.clock.now(),
            roles,
            expenses: BTreeMap::new(),
            settlements: BTreeMap::new(),
        };
        let mut history = Self {
            shared,
            replicas: Vec::new(),
            family,
            worlds: vec![world],
            ids: BTreeMap::new(),
            plans: BTreeMap::new(),
            copies: BTreeMap::new(),
            counted: 0,
            trace: Vec::new(),
        };
        for _ in 0..2 {
            history.replicas.push(history.replica().await);
        }
        history
    }

    async fn replica(&self) -> Replica {
        let wire = Wire::to(&self.shared.at.uri).await;
        let clock = Arc::clone(&self.shared.service.clock);
        let service = Service::start_at(&wire.uri(), &self.shared.at.name, clock).await;
        Replica { wire, service }
    }

    pub(crate) async fn follow(mut self, steps: Vec<Step>) -> Result<(), TestCaseError> {
        for step in steps {
            match step {
                Step::One(wish) => {
                    if let Some(operation) = self.resolve(&wish) {
                        self.together(&[operation]).await?;
                    }
                }
                Step::AtOnce(wishes, twice) => {
                    let mut operations = Vec::new();
                    for wish in &wishes {
                        operations.extend(self.resolve(wish));
                    }
                    if twice && let Some(first) = operations.first().cloned() {
                        operations.insert(0, first);
                    }
                    self.together(&operations).await?;
                }
                Step::Crash { wish, cut, again } => {
                    if let Some(operation) = self.resolve(&wish) {
                        self.crash(&operation, cut).await?;
                        self.look().await?;
                        if again {
                            self.together(&[operation]).await?;
                        }
                    }
                }
                Step::Role(who, role) => self.change_role(who.index(self.family.people.len()), role),
                Step::Wait(seconds) => self.wait(TimeDelta::seconds(seconds.cast_signed())),
                Step::WaitForReveal { almost } => {
                    if let Some(left) = self.next_reveal() {
                        self.wait(left - TimeDelta::seconds(i64::from(almost)));
                    }
                }
            }
            self.look().await?;
        }
        Ok(())
    }

    fn resolve(&mut self, wish: &Wish) -> Option<Operation> {
        self.counted += 1;
        let told = |by, old| self.plans.get(&(by, old)).cloned().unwrap_or_default();
        self.worlds[0].resolve(wish, self.counted, told)
    }

    fn change_role(&mut self, who: Place, role: Option<Role>) {
        let mut roles = self.worlds[0].roles.clone();
        roles[who] = role;
        if roles.iter().all(Option::is_none) {
            return;
        }
        self.trace.push(format!("{who} is {role:?} from now on"));
        self.family.now_are(&roles);
        for world in &mut self.worlds {
            world.roles.clone_from(&roles);
        }
    }

    fn wait(&mut self, time: TimeDelta) {
        self.trace.push(format!("{time} go by"));
        self.shared
            .service
            .clock
            .advance(time.to_std().unwrap_or(Duration::ZERO));
        for world in &mut self.worlds {
            world.now = self.shared.service.clock.now();
        }
    }

    fn next_reveal(&self) -> Option<TimeDelta> {
        let world = &self.worlds[0];
        let hidden = world.expenses.values().filter_map(|expense| expense.hidden());
        let hidden = hidden.chain(world.settlements.values().filter_map(|one| one.hidden.as_ref()));
        let left = |hidden: &Hidden| {
            hidden.until.and_hms_opt(0, 0, 0).unwrap().and_utc() - TimeDelta::hours(1) - world.now
        };
        hidden.map(left).filter(|left| *left > TimeDelta::zero()).min()
    }

    async fn send(&self, operation: &Operation, replica: usize) -> Answer {
        let id = self.ids.get(&about(operation)).map(String::as_str);
        send(&self.family, &self.replicas[replica].service, operation, id).await
    }

    /// Does all of this at the same moment, and keeps the worlds in which the answers are right in some order.
    async fn together(&mut self, operations: &[Operation]) -> Result<(), TestCaseError> {
        let turn = self.counted;
        let sent = operations.iter().enumerate();
        let sent = sent.map(|(place, operation)| self.send(operation, (turn + place) % 2));
        let answers = join_all(sent).await;
        for (operation, answer) in operations.iter().zip(&answers) {
            self.trace.push(format!("{operation:?} -> {answer:?}"));
        }
        let all: Vec<usize> = (0..operations.len()).collect();
        let mut left = Vec::new();
        for world in &self.worlds {
            in_order(world, operations, &answers, &all, &mut left);
        }
        self.leave(left, "these answers")
    }

    /// Does this at a replica that dies on the way, unless it has fewer writes.
    async fn crash(&mut self, operation: &Operation, cut: Cut) -> Result<(), TestCaseError> {
        let replica = self.counted % 2;
        let mut is_cut = self.replicas[replica].wire.plan(cut);
        let answer = tokio::select! {
            biased;
            _ = is_cut.wait_for(|is_cut| *is_cut) => None,
            answer = self.send(operation, replica) => Some(answer),
        };
        let mut left = Vec::new();
        if let Some(answer) = answer {
            self.replicas[replica].wire.spare();
            self.trace.push(format!("{operation:?} -> {answer:?}"));
            for world in &self.worlds {
                in_order(
                    world,
                    std::slice::from_ref(operation),
                    std::slice::from_ref(&answer),
                    &[0],
                    &mut left,
                );
            }
            return self.leave(left, "this answer");
        }
        self.trace
            .push(format!("the replica dies in {operation:?} at {cut:?}"));
        self.replicas[replica].wire.end_transaction().await;
        self.replicas[replica] = self.replica().await;
        left.clone_from(&self.worlds);
        left.extend(self.worlds.iter().map(|world| world.perform(operation).0));
        self.leave(left, "a crash")
    }

    /// Everybody looks at everything, and so do we.
    async fn look(&mut self) -> Result<(), TestCaseError> {
        let (stored, ids) = views::stored(&self.shared.service, &self.family).await;
        self.ids = ids;
        let mut left = self.worlds.clone();
        left.retain(|world| world.stored() == stored);
        if left.is_empty() {
            self.trace.push(format!(
                "the database holds {stored:#?}\nand not\n{:#?}",
                self.worlds[0].stored()
            ));
        }
        self.leave(left, "what the database holds")?;
        for observer in 0..self.family.people.len() {
            let replica = self.replicas[(self.counted + observer) % 2].service.clone();
            let person = self.family.people[observer].through(replica.clone());
            let everything = json!({ "filter": { "voided": "INCLUDE" } });
            let answer = self.family.asked(&person, views::ALL, everything).await;
            prop_assert!(answer.errors.is_empty(), "{:?}", answer.errors);
            let household = &answer.data["_entities"][0];
            let told = views::told(household);
            let mut left = self.worlds.clone();
            left.retain(|world| world.view(&self.family, observer) == told);
            if left.is_empty() {
                let expected = self.worlds[0].view(&self.family, observer);
                self.trace
                    .push(format!("{observer} is told {told:#}\nand not\n{expected:#}"));
            }
            self.leave(left, "what somebody sees")?;
            let transfers = views::transfers(&self.family, &self.worlds[0], observer, household);
            if let Some(wrong) = self.worlds[0].plan_is_wrong(observer, &transfers) {
                self.trace.push(wrong);
                self.leave(Vec::new(), "the plan")?;
            }
            if let Some(before) = self.plans.insert((observer, false), transfers) {
                self.plans.insert((observer, true), before);
            }
            self.follow_feed(observer, replica).await?;
        }
        Ok(())
    }

    /// Whoever keeps a copy by the household's feed has what its list has.
    async fn follow_feed(&mut self, observer: Place, replica: Service) -> Result<(), TestCaseError> {
        if self.worlds[0].roles[observer].is_none() {
            self.copies.remove(&observer);
            return Ok(());
        }
        let copy = self.copies.entry(observer).or_default();
        let person = self.family.people[observer].through(replica);
        loop {
            let answer = self
                .family
                .asked(&person, FEED, json!({ "after": copy.cursor }))
                .await;
            prop_assert!(answer.errors.is_empty(), "{:?}", answer.errors);
            let page = &answer.data["_entities"][0]["changesSince"];
            for edge in page["edges"].as_array().unwrap() {
                let node = &edge["node"];
                let Some(id) = node["expenseId"].as_str() else {
                    continue;
                };
                match node["expense"]["version"].as_u64() {
                    Some(version) => copy.versions.insert(id.to_owned(), version),
                    None => copy.versions.remove(id),
                };
            }
            copy.cursor = page["pageInfo"]["endCursor"].clone();
            if page["pageInfo"]["hasNextPage"] != json!(true) {
                break;
            }
        }
        let world = &self.worlds[0];
        let visible = world
            .expenses
            .iter()
            .filter(|(_, expense)| world.sees(observer, expense));
        let versions: BTreeMap<String, u64> = visible
            .map(|(name, expense)| {
                let id = self.ids[&super::client::expense(*name)].clone();
                (id, expense.versions.len() as u64)
            })
            .collect();
        if copy.versions != versions {
            let wrong = format!("{observer} has a copy {:?}\nand not {versions:?}", copy.versions);
            self.trace.push(wrong);
            self.leave(Vec::new(), "the feed")?;
        }
        Ok(())
    }

    fn leave(&mut self, left: Vec<World>, by: &str) -> Result<(), TestCaseError> {
        prop_assert!(
            !left.is_empty(),
            "{by} cannot be:\n  {}\nBefore, this may have been:\n{:#?}",
            self.trace.join("\n  "),
            self.worlds,
        );
        self.worlds.clear();
        for world in left {
            if !self.worlds.contains(&world) {
                self.worlds.push(world);
            }
        }
        Ok(())
    }
}

/// Adds the worlds in which the rest of these operations, in some order, are answered as was told.
fn in_order(
    world: &World,
    operations: &[Operation],
    answers: &[Answer],
    rest: &[usize],
    left: &mut Vec<World>,
) {
    if rest.is_empty() {
        left.push(world.clone());
    }
    for next in rest {
        let (outcome, answer) = world.perform(&operations[*next]);
        if answer == answers[*next] {
            let later: Vec<usize> = rest.iter().copied().filter(|place| place != next).collect();
            in_order(&outcome, operations, answers, &later, left);
        }
    }
}
