use std::time::Duration;

use serde_json::{Value, json};

use crate::support::{Person, Service, bread, codes, with};

const CHANGE: &str = "version kind at by { id } before { description amount { amount currency } tags } after { description amount { amount currency } tags }";

async fn a_life(ana: &Person) -> String {
    let clock = &ana.service.clock;
    let first = ana.record(with(bread(), json!({ "tags": ["a"] }))).await;
    let id = first["id"].as_str().unwrap().to_owned();
    clock.advance(Duration::from_mins(1));
    let edit = json!({ "id": id, "expectedVersion": 1, "description": "Rolls", "tags": [] });
    ana.change("updateExpense", edit).await;
    clock.advance(Duration::from_mins(1));
    ana.change("voidExpense", json!({ "id": id, "expectedVersion": 2 }))
        .await;
    clock.advance(Duration::from_mins(1));
    ana.change("restoreExpense", json!({ "id": id, "expectedVersion": 3 }))
        .await;
    id
}

#[tokio::test]
async fn the_history_tells_who_did_what_when_with_before_and_after() {
    let service = Service::start().await;
    let ana = service.person();
    let id = a_life(&ana).await;
    let query =
        format!("query($id: ID!) {{ expense(id: $id) {{ history {{ edges {{ node {{ {CHANGE} }} }} }} }} }}");
    let read = ana.get(&query, json!({ "id": id })).await;
    let says = |text: &str, tags: Value| json!({ "description": text, "tags": tags, "amount": { "amount": "3.50", "currency": "EUR" } });
    let (bread, rolls) = (says("Bread", json!(["a"])), says("Rolls", json!([])));
    let step = |version: i32, kind: &str, at: &str, before: &Value, after: &Value| {
        json!({ "node": {
            "version": version, "kind": kind, "at": format!("2026-11-23T{at}.000Z"), "by": { "id": ana.id() },
            "before": before, "after": after,
        } })
    };
    let expected = json!([
        step(4, "RESTORED", "08:03:00", &rolls, &rolls),
        step(3, "VOIDED", "08:02:00", &rolls, &rolls),
        step(2, "UPDATED", "08:01:00", &bread, &rolls),
        step(1, "CREATED", "08:00:00", &Value::Null, &bread),
    ]);
    assert_eq!(read["expense"]["history"]["edges"], expected);
}

#[tokio::test]
async fn a_history_is_read_in_pages_both_ways() {
    let service = Service::start().await;
    let ana = service.person();
    let id = a_life(&ana).await;
    let query = "query($id: ID!, $first: Int, $after: String, $last: Int, $before: String) {
        expense(id: $id) { history(first: $first, after: $after, last: $last, before: $before) {
            edges { cursor node { version } } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } } } }";
    let page = async |arguments: Value| {
        let read = ana.get(query, with(arguments, json!({ "id": id }))).await;
        let history = &read["expense"]["history"];
        let versions: Vec<i64> = history["edges"]
            .as_array()
            .unwrap()
            .iter()
            .map(|edge| edge["node"]["version"].as_i64().unwrap())
            .collect();
        let info = &history["pageInfo"];
        let more = (
            info["hasPreviousPage"].as_bool().unwrap(),
            info["hasNextPage"].as_bool().unwrap(),
        );
        (
            versions,
            more,
            info["startCursor"].clone(),
            info["endCursor"].clone(),
        )
    };
    let (versions, more, _, end) = page(json!({ "first": 3 })).await;
    assert_eq!((versions, more), (vec![4, 3, 2], (false, true)));
    let (versions, more, start, _) = page(json!({ "first": 3, "after": end })).await;
    assert_eq!((versions, more), (vec![1], (true, false)));
    let (versions, more, start, _) = page(json!({ "last": 2, "before": start })).await;
    assert_eq!((versions, more), (vec![3, 2], (true, true)));
    let (versions, more, start, _) = page(json!({ "last": 2, "before": start })).await;
    assert_eq!((versions, more), (vec![4], (false, true)));
    let (versions, more, ..) = page(json!({ "first": 2, "before": start })).await;
    assert_eq!((versions, more), (vec![], (false, true)));
    let (versions, more, ..) = page(json!({ "last": 2 })).await;
    assert_eq!((versions, more), (vec![2, 1], (true, false)));
    let (versions, more, ..) = page(json!({ "first": 0 })).await;
    assert_eq!((versions, more), (vec![], (false, true)));

    let wrong = ana.ask(query, json!({ "id": id, "after": "AgAAAA" })).await;
    assert_eq!(codes(&wrong), ["BAD_USER_INPUT"]);
    assert_eq!(wrong.errors[0]["extensions"]["argument"], "after");
}
