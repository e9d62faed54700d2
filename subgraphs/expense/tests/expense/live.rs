//! What happens in a household, as its members are told of it: asked for, and as it happens.

use constellation_shared::household::Role::{Adult, Owner};
use serde_json::{Value, json};

use crate::family::Family;
use crate::support::{Person, Service, codes};

const FEED: &str = "changesSince(first: 100, after: $after) { edges { node { kind expenseId version cursor } } pageInfo { endCursor } }";

async fn cursor(family: &Family, place: usize) -> Value {
    family.tells(place, "changesCursor", json!({})).await["changesCursor"].clone()
}

/// The kinds and ids of what happened after this cursor.
async fn since(family: &Family, place: usize, after: &Value) -> Vec<(String, Value)> {
    let told = family.tells(place, FEED, json!({ "after": after })).await;
    let edges = told["changesSince"]["edges"].as_array().unwrap();
    edges.iter().map(|edge| told_of(&edge["node"])).collect()
}

fn told_of(change: &Value) -> (String, Value) {
    (
        change["kind"].as_str().unwrap().to_owned(),
        change["expenseId"].clone(),
    )
}

async fn recorded(family: &Family, place: usize, changes: Value) -> Value {
    let input = family.input("3", "EUR", changes);
    family.people[place].record(input).await["id"].clone()
}

/// A stream of what happens.
struct Stream {
    response: reqwest::Response,
    text: String,
}

impl Stream {
    async fn of(person: &Person, household: &str, after: &Value) -> Self {
        let query = "subscription($id: ID!, $after: String) { householdChanged(householdId: $id, after: $after) { kind expenseId version cursor expense { id version } settlementId settlement { id } } }";
        let request = reqwest::Client::new()
            .post(format!("http://{}/graphql", person.service.address))
            .header("authorization", person.bearer())
            .header("accept", "text/event-stream")
            .json(&json!({ "query": query, "variables": { "id": household, "after": after } }));
        Self {
            response: request.send().await.unwrap(),
            text: String::new(),
        }
    }

    /// What is said next.
    async fn answer(&mut self) -> Value {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (event.to_owned(), rest.to_owned());
                self.text = rest;
                if let Some(data) = event.lines().find_map(|line| line.strip_prefix("data:")) {
                    return serde_json::from_str(data.trim()).unwrap_or_default();
                }
                continue;
            }
            let chunk = self.response.chunk().await.unwrap().unwrap();
            self.text.push_str(str::from_utf8(&chunk).unwrap());
        }
    }

    async fn change(&mut self) -> Value {
        self.answer().await["data"]["householdChanged"].clone()
    }
}

#[tokio::test]
async fn whoever_comes_back_is_told_what_happened_meanwhile_and_then_what_happens() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let before = cursor(&family, 1).await;
    let bread = recorded(&family, 0, json!({})).await;
    let void = json!({ "id": bread, "expectedVersion": 1 });
    family.people[0].change("voidExpense", void).await;
    let expected = [
        ("CREATED".to_owned(), bread.clone()),
        ("VOIDED".to_owned(), bread.clone()),
    ];
    assert_eq!(since(&family, 1, &before).await, expected);

    let mut stream = Stream::of(&family.people[1], &family.id(), &before).await;
    let mut last = Value::Null;
    for (version, expected) in (1..).zip(&expected) {
        let change = stream.change().await;
        assert_eq!(&told_of(&change), expected);
        assert_eq!(
            (&change["version"], &change["expense"]["version"]),
            (&json!(version), &json!(2))
        );
        last = change["cursor"].clone();
    }
    let rolls = recorded(&family, 0, json!({})).await;
    assert_eq!(
        told_of(&stream.change().await),
        ("CREATED".to_owned(), rolls.clone())
    );
    assert_eq!(since(&family, 1, &last).await, [("CREATED".to_owned(), rolls)]);
}

#[tokio::test]
async fn nothing_is_left_out_or_told_twice_while_many_write_and_readers_come_and_go() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Adult]);
    let before = cursor(&family, 2).await;
    let writers = (0..24).map(|number| recorded(&family, number % 2, json!({})));
    let reader = async {
        let (mut after, mut heard) = (before.clone(), Vec::new());
        while heard.len() < 24 {
            // Each stream is left after a few, and the next goes on where it ended.
            let mut stream = Stream::of(&family.people[2], &family.id(), &after).await;
            for _ in 0..5.min(24 - heard.len()) {
                let change = stream.change().await;
                after = change["cursor"].clone();
                heard.push(told_of(&change));
            }
        }
        heard
    };
    let (mut written, heard) = tokio::join!(futures_util::future::join_all(writers), reader);
    assert_eq!(heard, since(&family, 2, &before).await, "in the same order");
    let mut heard: Vec<Value> = heard.into_iter().map(|(_, id)| id).collect();
    heard.sort_by_key(ToString::to_string);
    written.sort_by_key(ToString::to_string);
    assert_eq!(heard, written);
}

#[tokio::test]
async fn what_is_hidden_from_somebody_happens_unheard() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let (ana, bo) = (cursor(&family, 0).await, cursor(&family, 1).await);
    let private = recorded(&family, 0, json!({ "visibility": "PRIVATE" })).await;
    let shared = recorded(&family, 0, json!({})).await;
    let mut stream = Stream::of(&family.people[1], &family.id(), &bo).await;
    assert_eq!(
        told_of(&stream.change().await),
        ("CREATED".to_owned(), shared.clone())
    );
    assert_eq!(
        since(&family, 1, &bo).await,
        [("CREATED".to_owned(), shared.clone())]
    );
    let both = [
        ("CREATED".to_owned(), private),
        ("CREATED".to_owned(), shared.clone()),
    ];
    assert_eq!(since(&family, 0, &ana).await, both);

    // What somebody could see and cannot any more, they are told to forget.
    let hide = json!({ "id": shared, "expectedVersion": 1, "visibility": "PRIVATE" });
    let hidden = family.people[0].change("updateExpense", hide).await;
    assert_eq!(hidden["userErrors"], json!([]));
    let change = stream.change().await;
    assert_eq!(told_of(&change), ("WITHDRAWN".to_owned(), shared));
    assert_eq!(change["expense"], Value::Null);
}

#[tokio::test]
async fn a_surprise_is_told_of_when_it_is_revealed() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let before = cursor(&family, 1).await;
    let hidden = json!({ "visibility": "SURPRISE", "surprise": { "hiddenFrom": [family.people[1].id()], "revealOn": "2026-12-24" } });
    let gift = recorded(&family, 0, hidden).await;
    let bread = recorded(&family, 0, json!({})).await;
    let told = family.tells(1, FEED, json!({ "after": before })).await;
    let after = told["changesSince"]["pageInfo"]["endCursor"].clone();
    assert_eq!(since(&family, 1, &before).await, [("CREATED".to_owned(), bread)]);
    let mut stream = Stream::of(&family.people[1], &family.id(), &after).await;
    service.clock.advance(std::time::Duration::from_hours(24 * 40));
    let expected = ("CREATED".to_owned(), gift);
    assert_eq!(told_of(&stream.change().await), expected);
    assert_eq!(since(&family, 1, &after).await, [expected]);
}

#[tokio::test]
async fn settlements_are_told_of_like_expenses() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let before = cursor(&family, 1).await;
    let mut stream = Stream::of(&family.people[1], &family.id(), &before).await;
    let ids = family.ids(&[0, 1]);
    let settlement = json!({
        "householdId": family.id(), "idempotencyKey": "paid", "fromId": ids[0], "toId": ids[1], "date": "2026-11-23",
        "amount": { "amount": "5", "currency": "EUR" },
    });
    let query =
        "mutation($input: RecordSettlementInput!) { recordSettlement(input: $input) { settlement { id } } }";
    let done = family.people[0].get(query, json!({ "input": settlement })).await;
    let id = &done["recordSettlement"]["settlement"]["id"];
    for (version, mutation) in [(1, "voidSettlement"), (2, "restoreSettlement")] {
        let kind = format!("{}{}Input", mutation[..1].to_uppercase(), &mutation[1..]);
        let query =
            format!("mutation($input: {kind}!) {{ {mutation}(input: $input) {{ userErrors {{ code }} }} }}");
        let input = json!({ "id": id, "expectedVersion": version });
        family.people[0].get(&query, json!({ "input": input })).await;
    }
    for (version, kind) in (1..).zip(["CREATED", "VOIDED", "RESTORED"]) {
        let change = stream.change().await;
        assert_eq!(
            (
                &change["kind"],
                &change["version"],
                &change["settlementId"],
                &change["expenseId"]
            ),
            (&json!(kind), &json!(version), id, &Value::Null)
        );
        assert_eq!(&change["settlement"]["id"], id);
    }
    assert_eq!(since(&family, 1, &before).await.len(), 3);
}

#[tokio::test]
async fn a_surprise_that_became_private_before_its_day_is_told_of_at_no_time() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let before = cursor(&family, 1).await;
    let hidden = json!({ "visibility": "SURPRISE", "surprise": { "hiddenFrom": [family.people[1].id()], "revealOn": "2026-12-24" } });
    let gift = recorded(&family, 0, hidden).await;
    let hide = json!({ "id": gift, "expectedVersion": 1, "visibility": "PRIVATE" });
    assert_eq!(
        family.people[0].change("updateExpense", hide).await["userErrors"],
        json!([])
    );
    let bread = recorded(&family, 0, json!({})).await;
    service.clock.advance(std::time::Duration::from_hours(24 * 40));
    assert_eq!(since(&family, 1, &before).await, [("CREATED".to_owned(), bread)]);
}

#[tokio::test]
async fn strangers_and_foreign_cursors_are_told_nothing() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let stranger = service.person();
    let mut refused = Stream::of(&stranger, &family.id(), &Value::Null).await;
    let answer = refused.answer().await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND");
    let foreign = cursor(&family, 0).await;
    let answer = family
        .asked(&family.people[1], FEED, json!({ "after": foreign }))
        .await;
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
    let mut refused = Stream::of(&family.people[1], &family.id(), &foreign).await;
    let answer = refused.answer().await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "BAD_USER_INPUT");
}
