//! A device that was offline sends what was done meanwhile. However often its batches are cut off and sent again, the ledger
//! is as if each had been sent once.

use std::fmt::Write as _;
use std::sync::Arc;

use constellation_mongod::testing::TestDatabase;
use constellation_shared::household::Role::{Adult, Owner};
use constellation_shared::mongo::ids;
use constellation_testing::{Cut, ManualClock, Wire};
use mongodb::bson::{Document, doc};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::family::Family;
use crate::support::{Answer, MORNING, Person, Service, with};

/// The fields that are edited, with what they may say.
const FIELDS: [(&str, [&str; 2]); 3] = [
    ("description", ["Rye", "Oat"]),
    ("merchant", ["Bakery", "Stall"]),
    ("amount", ["3", "7"]),
];

/// Something that a person does on the device.
#[derive(Debug, Clone)]
enum Deed {
    Record,
    Settle,
    /// Edits a field, in the latest version or in the oldest that says the same of it.
    Edit(Index, usize, usize, bool),
    /// Voids something, or restores it.
    Turn(Index),
}

fn deed() -> impl Strategy<Value = Deed> {
    prop_oneof![
        2 => Just(Deed::Record),
        1 => Just(Deed::Settle),
        4 => (any::<Index>(), 0..3_usize, 0..2_usize, any::<bool>())
            .prop_map(|(which, field, word, old)| Deed::Edit(which, field, word, old)),
        3 => any::<Index>().prop_map(Deed::Turn),
    ]
}

/// One batch's way to the ledger: where it is cut, try by try, and whether it is sent once more when it has been answered.
type Way = (Vec<Cut>, bool);

fn way() -> impl Strategy<Value = Way> {
    let cut = (0..20_usize, any::<bool>()).prop_map(|(after, carried_out)| Cut { after, carried_out });
    (vec(cut, 0..3), any::<bool>())
}

/// What the device knows of something that was recorded on it.
#[derive(Clone)]
struct Entry {
    settlement: bool,
    version: usize,
    voided: bool,
    says: [&'static str; 3],
    /// The versions in which it last changed what it says.
    since: [usize; 3],
}

/// A mutation that waits to be sent. The id of what it is about may not be known yet.
struct Waiting {
    mutation: &'static str,
    about: usize,
    input: Value,
}

/// What the device sends for these deeds.
fn queue(family: &Family, deeds: &[Deed]) -> Vec<Waiting> {
    let mut entries: Vec<Entry> = Vec::new();
    let mut queue = Vec::new();
    for (number, deed) in deeds.iter().enumerate() {
        let key = format!("key-{number}");
        let place = entries.len();
        let new = |settlement| Entry {
            settlement,
            version: 1,
            voided: false,
            says: ["Bread", "", "5"],
            since: [1; 3],
        };
        let (mutation, about, input) = match deed {
            Deed::Record => {
                entries.push(new(false));
                let says = json!({
                    "idempotencyKey": key, "notes": format!("{place}"), "split": { "equal": family.ids(&[0, 1, 2]) },
                });
                ("createExpense", place, family.input("5", "EUR", says))
            }
            Deed::Settle => {
                entries.push(new(true));
                let ids = family.ids(&[1, 0]);
                let input = json!({
                    "householdId": family.id(), "idempotencyKey": key, "note": format!("{place}"),
                    "fromId": ids[0], "toId": ids[1], "date": "2026-11-23",
                    "amount": { "amount": "1", "currency": "EUR" },
                });
                ("recordSettlement", place, input)
            }
            Deed::Edit(..) | Deed::Turn(_) if entries.is_empty() => continue,
            Deed::Edit(which, field, word, old) => {
                let about = which.index(place);
                let entry = &mut entries[about];
                if entry.settlement || entry.voided {
                    continue;
                }
                let (name, words) = FIELDS[*field];
                let word = words[*word];
                // Money is changed in the latest version alone.
                let expected = if *old && name != "amount" {
                    entry.since[*field]
                } else {
                    entry.version
                };
                let said = match name {
                    "amount" => json!({ "amount": word, "currency": "EUR" }),
                    _ => json!(word),
                };
                if entry.says[*field] != word {
                    entry.version += 1;
                    entry.says[*field] = word;
                    entry.since[*field] = entry.version;
                }
                let mut input = json!({ "idempotencyKey": key, "expectedVersion": expected });
                input[name] = said;
                ("updateExpense", about, input)
            }
            Deed::Turn(which) => {
                let about = which.index(place);
                let entry = &mut entries[about];
                let mutation = match (entry.settlement, entry.voided) {
                    (false, false) => "voidExpense",
                    (false, true) => "restoreExpense",
                    (true, false) => "voidSettlement",
                    (true, true) => "restoreSettlement",
                };
                let input = json!({ "idempotencyKey": key, "expectedVersion": entry.version });
                entry.voided = !entry.voided;
                entry.version += 1;
                (mutation, about, input)
            }
        };
        queue.push(Waiting {
            mutation,
            about,
            input,
        });
    }
    queue
}

/// Several mutations in one operation, which are carried out in their order.
async fn send(person: &Person, batch: &[(&str, Value)]) -> Answer {
    let (mut names, mut fields, mut variables) = (String::new(), String::new(), json!({}));
    for (place, (mutation, input)) in batch.iter().enumerate() {
        let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let about = if mutation.ends_with("Expense") {
            "expense"
        } else {
            "settlement"
        };
        write!(names, "$i{place}: {kind}Input! ").unwrap();
        write!(
            fields,
            "m{place}: {mutation}(input: $i{place}) {{ {about} {{ id }} userErrors {{ code message path }} }} "
        )
        .unwrap();
        variables[format!("i{place}")] = input.clone();
    }
    person
        .ask(&format!("mutation({names}) {{ {fields} }}"), variables)
        .await
}

/// What is sent over a wire that is cut.
async fn send_cut(at: &TestDatabase, person: &Person, batch: &[(&str, Value)], cut: Cut) {
    let wire = Wire::to(&at.uri).await;
    let clock = Arc::clone(&person.service.clock);
    let service = Service::start_at(&wire.uri(), &at.name, clock).await;
    let person = person.through(service);
    let mut is_cut = wire.plan(cut);
    let cut = tokio::select! {
        biased;
        _ = is_cut.wait_for(|is_cut| *is_cut) => true,
        _ = send(&person, batch) => false,
    };
    if cut {
        wire.end_transaction().await;
    }
}

/// Sends the queue in batches of this size at most, each on its way; and then all of them once more.
async fn deliver(at: &TestDatabase, person: &Person, queue: &[Waiting], size: usize, ways: &[Way]) {
    let mut ids: Vec<Value> = Vec::new();
    let mut sent = Vec::new();
    let mut rest = queue;
    while !rest.is_empty() {
        // What is about something without an id yet waits for the next batch.
        let unknown = |waiting: &&Waiting| {
            let creates = waiting.mutation.starts_with("create") || waiting.mutation.starts_with("record");
            creates || waiting.about < ids.len()
        };
        let length = rest.iter().take(size).take_while(unknown).count();
        let (now, later) = rest.split_at(length);
        rest = later;
        let batch: Vec<(&str, Value)> = now
            .iter()
            .map(|waiting| {
                let id = ids.get(waiting.about);
                let input = id.map_or_else(
                    || waiting.input.clone(),
                    |id| with(waiting.input.clone(), json!({ "id": id })),
                );
                (waiting.mutation, input)
            })
            .collect();
        let straight = (Vec::new(), false);
        let (cuts, again) = ways.get(sent.len()).unwrap_or(&straight);
        for cut in cuts {
            send_cut(at, person, &batch, *cut).await;
        }
        let answer = answered(person, &batch).await;
        for (place, waiting) in now.iter().enumerate() {
            if waiting.about == ids.len() {
                let payload = &answer[format!("m{place}")];
                let kind = if payload["expense"].is_null() {
                    "settlement"
                } else {
                    "expense"
                };
                ids.push(payload[kind]["id"].clone());
            }
        }
        if *again {
            answered(person, &batch).await;
        }
        sent.push(batch);
    }
    if !ways.is_empty() {
        for batch in &sent {
            answered(person, batch).await;
        }
    }
}

/// The answer to a batch of which nothing may be refused.
async fn answered(person: &Person, batch: &[(&str, Value)]) -> Value {
    let answer = send(person, batch).await;
    assert_eq!(answer.errors, Vec::<Value>::new(), "{batch:?}");
    for payload in answer.data.as_object().unwrap().values() {
        assert_eq!(payload["userErrors"], json!([]), "{batch:?}");
    }
    answer.data
}

/// All that can be seen of a household, but for what no two have in common; and how many keys were used.
async fn state(service: &Service, family: &Family) -> (Value, u64) {
    let parts = [
        "expenses(first: 24, filter: { voided: INCLUDE }) { edges { node {
            notes version description merchant voidedAt amount { amount } shares { amount { amount } }
            history(first: 24) { edges { node { version kind } } } } } }",
        "settlements(first: 24) { edges { node { note version voidedAt } } }
        balances { member { id } amount { amount } }
        ledgerCheck { ok expenses settlements }
        changesSince(first: 24) { edges { node { version kind } } }",
    ];
    let mut told = json!({});
    for part in parts {
        told = with(told, family.tells(0, part, json!({})).await);
    }
    assert_eq!(told["ledgerCheck"]["ok"], true);
    for (list, name) in [("expenses", "notes"), ("settlements", "note")] {
        let edges = told[list]["edges"].as_array_mut().unwrap();
        edges.sort_by_key(|edge| edge["node"][name].as_str().unwrap().parse::<usize>().unwrap());
    }
    let people = family.ids(&[0, 1, 2]);
    for balance in told["balances"].as_array_mut().unwrap() {
        let place = people.iter().position(|id| balance["member"]["id"] == **id);
        balance["member"] = json!(place);
    }
    let keys = service.database.collection::<Document>("keys");
    let theirs = doc! { "person": ids::bson(family.people[1].user()) };
    (told, keys.count_documents(theirs).await.unwrap())
}

#[test]
fn batches_that_are_cut_off_and_sent_again_leave_what_sending_them_once_leaves() {
    let runtime = Runtime::new().unwrap();
    let (at, service) = runtime.block_on(async {
        let at = constellation_mongod::testing::database().await;
        let service = Service::start_at(&at.uri, &at.name, Arc::new(ManualClock::at(MORNING))).await;
        (at, service)
    });
    let mut runner = TestRunner::new(Config {
        cases: 16,
        failure_persistence: None,
        max_shrink_time: 60_000,
        ..Config::default()
    });
    let histories = (vec(deed(), 4..24), 1..6_usize, vec(way(), 1..8));
    runner
        .run(&histories, |(deeds, size, ways)| {
            runtime.block_on(async {
                let roles = [Owner, Adult, Adult];
                let (once, often) = (Family::of(&service, &roles), Family::of(&service, &roles));
                deliver(&at, &once.people[1], &queue(&once, &deeds), size, &[]).await;
                deliver(&at, &often.people[1], &queue(&often, &deeds), size, &ways).await;
                prop_assert_eq!(state(&service, &often).await, state(&service, &once).await);
                Ok(())
            })
        })
        .unwrap();
}
