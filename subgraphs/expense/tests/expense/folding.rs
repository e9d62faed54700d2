//! Folding what happened since the beginning gives what the lists show, for each member of a household.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use constellation_shared::household::Role::{Adult, Child, Owner};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::family::Family;
use crate::support::Service;

const EXPENSE: &str = "id version description visibility voidedAt";
const SETTLEMENT: &str = "id version visibility voidedAt amount { amount }";

/// Something that one of three members does. Who may not, or is too late, is refused, which is as good.
#[derive(Debug, Clone)]
enum Deed {
    Record(usize, &'static str),
    Edit(usize, Index, &'static str),
    Hide(usize, Index, &'static str),
    Void(usize, Index, bool),
    Settle(usize, bool),
    VoidSettlement(usize, Index, bool),
    /// So many days pass.
    Wait(u64),
}

fn deed() -> impl Strategy<Value = Deed> {
    let visibility = || select(&["HOUSEHOLD", "PRIVATE", "SURPRISE"][..]);
    let (who, which) = (|| 0..3_usize, any::<Index>);
    prop_oneof![
        3 => (who(), visibility()).prop_map(|(who, visibility)| Deed::Record(who, visibility)),
        2 => (who(), which(), select(&["Rolls", "Cake"][..])).prop_map(|(who, which, text)| Deed::Edit(who, which, text)),
        3 => (who(), which(), visibility()).prop_map(|(who, which, to)| Deed::Hide(who, which, to)),
        2 => (who(), which(), any::<bool>()).prop_map(|(who, which, way)| Deed::Void(who, which, way)),
        3 => (who(), any::<bool>()).prop_map(|(who, hidden)| Deed::Settle(who, hidden)),
        2 => (who(), which(), any::<bool>()).prop_map(|(who, which, way)| Deed::VoidSettlement(who, which, way)),
        1 => (1..30_u64).prop_map(Deed::Wait),
    ]
}

/// A household in which things happen, and what each of its members has been told of it.
struct House {
    family: Family,
    /// The ids and the present versions.
    expenses: Vec<(Value, i64)>,
    settlements: Vec<(Value, i64)>,
    told: Vec<Told>,
}

/// What one client keeps: as it was told, and where it is.
#[derive(Default)]
struct Told {
    after: Value,
    expenses: BTreeMap<String, Value>,
    settlements: BTreeMap<String, Value>,
    steps: BTreeSet<String>,
    versions: BTreeMap<String, i64>,
}

impl Told {
    /// Reads on to the end, in parts of this size.
    async fn read(&mut self, family: &Family, place: usize, size: usize) {
        let selection = format!(
            "changesSince(first: {size}, after: $after) {{ edges {{ node {{ kind version expenseId settlementId
                expense {{ {EXPENSE} }} settlement {{ {SETTLEMENT} }} }} }} pageInfo {{ endCursor hasNextPage }} }}"
        );
        loop {
            let part = family
                .tells(place, &selection, json!({ "after": self.after }))
                .await["changesSince"]
                .take();
            for edge in part["edges"].as_array().unwrap() {
                self.hear(&edge["node"]);
            }
            self.after = part["pageInfo"]["endCursor"].clone();
            if part["pageInfo"]["hasNextPage"] == false {
                return;
            }
        }
    }

    fn hear(&mut self, change: &Value) {
        let of_expense = change["settlementId"].is_null();
        let (kept, id, now) = if of_expense {
            (&mut self.expenses, &change["expenseId"], &change["expense"])
        } else {
            assert_eq!(change["expenseId"], Value::Null);
            (
                &mut self.settlements,
                &change["settlementId"],
                &change["settlement"],
            )
        };
        let id = id.as_str().unwrap().to_owned();
        let step = format!("{id} {} {}", change["version"], change["kind"]);
        assert!(self.steps.insert(step), "told twice: {change}");
        let version = change["version"].as_i64().unwrap();
        let before = self.versions.insert(id.clone(), version);
        assert!(before <= Some(version), "told of what is past: {change}");
        assert_eq!(change["kind"] == "WITHDRAWN", now.is_null());
        if now.is_null() {
            kept.remove(&id);
        } else {
            kept.insert(id, now.clone());
        }
    }
}

impl House {
    fn of(service: &Service) -> Self {
        Self {
            family: Family::of(service, &[Owner, Adult, Child]),
            expenses: Vec::new(),
            settlements: Vec::new(),
            told: (0..3).map(|_| Told::default()).collect(),
        }
    }

    /// What is hidden from the member after this one.
    fn surprise(&self, service: &Service, who: usize) -> Value {
        let day = constellation_shared::clock::Clock::now(&*service.clock).date_naive();
        let reveal = day + chrono::Days::new(10);
        json!({ "hiddenFrom": self.family.ids(&[(who + 1) % 3]), "revealOn": reveal.to_string() })
    }

    async fn happen(&mut self, service: &Service, deed: Deed) {
        let people = &self.family.people;
        let visible = |who: usize, visibility: &str| match visibility {
            "SURPRISE" => json!({ "visibility": visibility, "surprise": self.surprise(service, who) }),
            _ => json!({ "visibility": visibility }),
        };
        match deed {
            Deed::Record(who, visibility) => {
                let made = people[who]
                    .record(self.family.input("3", "EUR", visible(who, visibility)))
                    .await;
                self.expenses.push((made["id"].clone(), 1));
            }
            Deed::Edit(who, which, text) => {
                self.change(who, which, "updateExpense", json!({ "description": text }))
                    .await;
            }
            Deed::Hide(who, which, visibility) => {
                let edit = visible(who, visibility);
                self.change(who, which, "updateExpense", edit).await;
            }
            Deed::Void(who, which, true) => self.change(who, which, "voidExpense", json!({})).await,
            Deed::Void(who, which, false) => self.change(who, which, "restoreExpense", json!({})).await,
            Deed::Settle(who, hidden) => {
                let ids = self.family.ids(&[who, (who + 2) % 3]);
                let mut input = json!({
                    "householdId": self.family.id(), "idempotencyKey": format!("s{}", self.settlements.len()),
                    "fromId": ids[0], "toId": ids[1], "date": "2026-11-23",
                    "amount": { "amount": "1", "currency": "EUR" },
                });
                if hidden {
                    input["surprise"] = self.surprise(service, who);
                }
                let query = "mutation($input: RecordSettlementInput!) { recordSettlement(input: $input) { settlement { id } userErrors { code } } }";
                let done = people[who].get(query, json!({ "input": input })).await["recordSettlement"].take();
                assert_eq!(done["userErrors"], json!([]));
                self.settlements.push((done["settlement"]["id"].clone(), 1));
            }
            Deed::VoidSettlement(who, which, voided) => {
                if self.settlements.is_empty() {
                    return;
                }
                let (mutation, kind) = if voided {
                    ("voidSettlement", "VoidSettlementInput")
                } else {
                    ("restoreSettlement", "RestoreSettlementInput")
                };
                let query = format!(
                    "mutation($input: {kind}!) {{ {mutation}(input: $input) {{ settlement {{ version }} }} }}"
                );
                let (id, version) = which.get_mut(&mut self.settlements);
                let input = json!({ "id": id, "expectedVersion": version });
                let done = people[who].get(&query, json!({ "input": input })).await;
                *version = done[mutation]["settlement"]["version"]
                    .as_i64()
                    .unwrap_or(*version);
            }
            Deed::Wait(days) => service.clock.advance(Duration::from_hours(24 * days)),
        }
    }

    async fn change(&mut self, who: usize, which: Index, mutation: &str, edit: Value) {
        if self.expenses.is_empty() {
            return;
        }
        let (id, version) = which.get_mut(&mut self.expenses);
        let input = crate::support::with(json!({ "id": id, "expectedVersion": version }), edit);
        let done = self.family.people[who].change(mutation, input).await;
        *version = done["expense"]["version"].as_i64().unwrap_or(*version);
    }

    /// What each member has been told is what the lists show them; what a new client is told too.
    async fn check(&mut self) {
        let lists = format!(
            "expenses(first: 100, filter: {{ voided: INCLUDE }}) {{ edges {{ node {{ {EXPENSE} }} }} }}
             settlements(first: 100) {{ edges {{ node {{ {SETTLEMENT} }} }} }}"
        );
        for place in 0..3 {
            let shown = self.family.tells(place, &lists, json!({})).await;
            let of = |list: &str| -> BTreeMap<String, Value> {
                let edges = shown[list]["edges"].as_array().unwrap();
                let node = |edge: &Value| {
                    (
                        edge["node"]["id"].as_str().unwrap().to_owned(),
                        edge["node"].clone(),
                    )
                };
                edges.iter().map(node).collect()
            };
            let mut new = Told::default();
            new.read(&self.family, place, 7).await;
            self.told[place].read(&self.family, place, 100).await;
            for told in [&new, &self.told[place]] {
                assert_eq!(told.expenses, of("expenses"), "member {place}");
                assert_eq!(told.settlements, of("settlements"), "member {place}");
            }
        }
    }
}

/// Does all this, while members read on now and then, and looks at what they have been told.
async fn live_through(service: &Service, steps: Vec<(Deed, Option<(usize, usize)>)>) {
    let mut house = House::of(service);
    for (deed, reader) in steps {
        house.happen(service, deed).await;
        if let Some((place, size)) = reader {
            house.told[place].read(&house.family, place, size).await;
        }
    }
    house.check().await;
    // And when all is revealed.
    service.clock.advance(Duration::from_hours(24 * 20));
    house.check().await;
}

#[test]
fn folding_what_happened_gives_what_the_lists_show_each_member() {
    let runtime = Runtime::new().unwrap();
    let service = runtime.block_on(Service::start());
    let mut runner = TestRunner::new(Config {
        cases: 24,
        failure_persistence: None,
        ..Config::default()
    });
    let steps = vec(
        (deed(), prop::option::weighted(0.2, (0..3_usize, 1..4_usize))),
        5..30,
    );
    runner
        .run(&steps, |steps| {
            runtime.block_on(live_through(&service, steps));
            Ok(())
        })
        .unwrap();
}

/// What these do to the first expense, one after the other, is told as everything else is.
async fn is_told_rightly(deeds: &[(Deed, Option<(usize, usize)>)]) {
    let service = Service::start().await;
    live_through(&service, deeds.to_vec()).await;
}

fn first() -> Index {
    let strategy = any::<Index>().new_tree(&mut TestRunner::deterministic());
    strategy.unwrap().current()
}

#[tokio::test]
async fn what_was_withdrawn_is_not_withdrawn_again_on_the_day_of_its_reveal() {
    is_told_rightly(&[
        (Deed::Record(2, "HOUSEHOLD"), None),
        (Deed::Hide(2, first(), "SURPRISE"), None),
        (Deed::Hide(2, first(), "PRIVATE"), None),
    ])
    .await;
}

#[tokio::test]
async fn what_was_hidden_and_shown_again_is_not_told_again_on_the_day_of_its_reveal() {
    let hidden_and_shown = [
        (Deed::Record(1, "HOUSEHOLD"), None),
        (Deed::Hide(1, first(), "SURPRISE"), None),
        (Deed::Hide(1, first(), "HOUSEHOLD"), None),
        (Deed::Wait(5), Some((2, 9))),
    ];
    is_told_rightly(&hidden_and_shown).await;
    // Nor is what was a surprise from the first, and was shown earlier.
    let mut shown_early = hidden_and_shown.to_vec();
    shown_early[0].0 = Deed::Record(1, "SURPRISE");
    is_told_rightly(&shown_early).await;
    // Also when it is hidden again until the same day.
    let mut and_hidden = hidden_and_shown.to_vec();
    and_hidden.insert(3, (Deed::Edit(1, first(), "Rolls"), Some((2, 9))));
    and_hidden.insert(4, (Deed::Hide(1, first(), "SURPRISE"), None));
    is_told_rightly(&and_hidden).await;
    // And when a surprise was put off before it was given up.
    is_told_rightly(&[
        (Deed::Record(1, "SURPRISE"), None),
        (Deed::Wait(5), None),
        (Deed::Hide(1, first(), "SURPRISE"), None),
        (Deed::Hide(1, first(), "HOUSEHOLD"), None),
        (Deed::Wait(8), Some((2, 9))),
    ])
    .await;
}
