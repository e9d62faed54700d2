//! What somebody takes along: everything that they have recorded, and nothing of anybody else's.

use std::time::Duration;

use constellation_shared::household::Role::{Adult, Owner};
use serde_json::{Value, json};

use crate::family::Family;
use crate::support::{Person, Service, bread, codes, with};

const PAGE: &str = "expenses(first: 2, after: $after) {
    edges { node { id voidedAt history { edges { node { version kind } } } } } pageInfo { hasNextPage endCursor } }";

/// One part of what `person` takes along, as the router asks for it.
async fn part(person: &Person, selection: &str, after: &Value) -> Value {
    let query = format!(
        "query($r: [_Any!]!, $after: String) {{ _entities(representations: $r) {{ ... on DataExport {{ id {selection} }} }} }}"
    );
    let whose = json!([{ "__typename": "DataExport", "id": person.id() }]);
    let told = person.get(&query, json!({ "r": whose, "after": after })).await;
    let export = told["_entities"][0].clone();
    assert_eq!(export["id"], person.id());
    export
}

/// All that they take along, page by page to the end.
async fn all(person: &Person) -> Vec<Value> {
    let (mut expenses, mut after) = (Vec::new(), Value::Null);
    loop {
        let page = part(person, PAGE, &after).await["expenses"].take();
        let edges = page["edges"].as_array().unwrap().iter();
        expenses.extend(edges.map(|edge| edge["node"].clone()));
        if page["pageInfo"]["hasNextPage"] == false {
            return expenses;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
}

/// Records something, later than anything before.
async fn record(service: &Service, person: &Person, input: Value) -> Value {
    service.clock.advance(Duration::from_secs(1));
    person.record(input).await["id"].clone()
}

fn ids(expenses: &[Value]) -> Vec<&Value> {
    expenses.iter().map(|expense| &expense["id"]).collect()
}

#[tokio::test]
async fn everything_that_was_recorded_is_taken_along_and_nothing_of_anybody_else() {
    let service = Service::start().await;
    let mut family = Family::of(&service, &[Owner, Adult]);
    let key = |key: &str, more: Value| with(json!({ "idempotencyKey": key }), more);
    let ana = &family.people[0];
    let mut recorded = Vec::new();
    for number in 0..4 {
        let input = with(bread(), key(&format!("own-{number}"), json!({})));
        recorded.push(record(&service, ana, input).await);
    }
    let voided = json!({ "id": recorded[1], "expectedVersion": 1 });
    ana.change("voidExpense", voided).await;
    let split = json!({ "split": { "equal": family.ids(&[0, 1]) } });
    let shared = record(&service, ana, family.input("10", "EUR", key("shared", split))).await;
    let alone = json!({ "visibility": "PRIVATE" });
    let private = record(
        &service,
        ana,
        family.input("7", "EUR", key("alone", alone.clone())),
    )
    .await;
    let edited = json!({ "id": private, "expectedVersion": 1, "description": "Socks" });
    ana.change("updateExpense", edited).await;
    recorded.extend([shared.clone(), private.clone()]);
    let bo = &family.people[1];
    let of_bo = [
        record(&service, bo, bread()).await,
        record(&service, bo, family.input("1", "EUR", key("shared", json!({})))).await,
        record(&service, bo, family.input("2", "EUR", key("alone", alone))).await,
    ];

    let exported = all(ana).await;
    recorded.reverse();
    assert_eq!(ids(&exported), recorded.iter().collect::<Vec<_>>());
    assert!(exported[4]["voidedAt"].is_string(), "{exported:?}");
    assert_eq!(
        exported[4]["history"]["edges"],
        json!([{ "node": { "version": 2, "kind": "VOIDED" } }, { "node": { "version": 1, "kind": "CREATED" } }])
    );
    let mut theirs = all(bo).await;
    theirs.reverse();
    assert_eq!(ids(&theirs), of_bo.iter().collect::<Vec<_>>());

    // Who leaves a household leaves what they shared, and keeps what was theirs alone, with how it came to be.
    family.now_are(&[None, Some(Owner)]);
    let exported = all(&family.people[0]).await;
    recorded.retain(|id| *id != shared);
    assert_eq!(ids(&exported), recorded.iter().collect::<Vec<_>>());
    assert_eq!(
        exported[0]["history"]["edges"],
        json!([{ "node": { "version": 2, "kind": "UPDATED" } }, { "node": { "version": 1, "kind": "CREATED" } }])
    );
    let mut theirs = all(&family.people[1]).await;
    theirs.reverse();
    assert_eq!(ids(&theirs), of_bo.iter().collect::<Vec<_>>());
}

#[tokio::test]
async fn settlements_that_were_recorded_are_taken_along_by_whoever_recorded_them() {
    let service = Service::start().await;
    let mut family = Family::of(&service, &[Owner, Adult]);
    let split = json!({ "split": { "equal": family.ids(&[1]) } });
    family.people[0].record(family.input("10", "EUR", split)).await;
    let settle = "mutation($input: RecordSettlementInput!) { recordSettlement(input: $input) { settlement { id } userErrors { code } } }";
    let mut paid = Vec::new();
    for (place, amount) in [(0, "3"), (1, "2"), (1, "1")] {
        service.clock.advance(Duration::from_secs(1));
        let input = json!({
            "householdId": family.id(), "idempotencyKey": amount, "date": "2026-11-23", "fromId": family.people[1].id(),
            "toId": family.people[0].id(), "amount": { "amount": amount, "currency": "EUR" },
        });
        let payload =
            family.people[place].get(settle, json!({ "input": input })).await["recordSettlement"].take();
        assert_eq!(payload["userErrors"], json!([]), "{payload}");
        paid.push(payload["settlement"]["id"].clone());
    }
    let one =
        "settlements(first: 1, after: $after) { edges { node { id } } pageInfo { hasNextPage endCursor } }";
    let first = part(&family.people[1], one, &Value::Null).await["settlements"].take();
    let second = part(&family.people[1], one, &first["pageInfo"]["endCursor"]).await["settlements"].take();
    assert_eq!(first["edges"][0]["node"]["id"], paid[2]);
    assert_eq!(second["edges"][0]["node"]["id"], paid[1]);
    assert_eq!(second["pageInfo"]["hasNextPage"], false);
    family.now_are(&[Some(Owner), None]);
    let left = part(&family.people[1], one, &Value::Null).await;
    assert_eq!(left["settlements"]["edges"], json!([]));
}

#[tokio::test]
async fn an_export_is_made_for_its_person_and_nobody_else() {
    let service = Service::start().await;
    let (ana, bo) = (service.person(), service.person());
    ana.record(bread()).await;
    let selection = "id expenses { edges { cursor } }";
    let wanted = [bo.id(), ana.id(), "no id at all".to_owned()];
    let answer = bo.entities("DataExport", &wanted, selection).await;
    let own = json!({ "id": bo.id(), "expenses": { "edges": [] } });
    assert_eq!(answer.data["_entities"], json!([own, null, null]));
    let answer = service
        .anonymous()
        .entities("DataExport", &[ana.id()], selection)
        .await;
    assert_eq!(answer.data["_entities"], json!([null]));
}

#[tokio::test]
async fn a_cursor_of_another_list_is_none_of_an_export() {
    let service = Service::start().await;
    let ana = service.person();
    ana.record(bread()).await;
    let me = ana.me("expenses { edges { cursor } }", json!({})).await;
    let cursor = me["expenses"]["edges"][0]["cursor"].as_str().unwrap();
    let selection = format!("expenses(after: {cursor:?}) {{ edges {{ cursor }} }}");
    let answer = ana.entities("DataExport", &[ana.id()], &selection).await;
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
}
