//! Changes under a key: made once, however often and however late they are asked for.

use std::time::Duration;

use constellation_shared::household::Role::{Adult, Owner, Viewer};
use futures_util::future::join_all;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::family::Family;
use crate::support::{Person, Service, user_codes, with};

const MUTATIONS: [&str; 5] = [
    "updateExpense",
    "voidExpense",
    "restoreExpense",
    "voidSettlement",
    "restoreSettlement",
];

/// The payload of a mutation, with what it is about as `now`.
async fn ask(person: &Person, mutation: &str, input: &Value) -> Value {
    let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
    let about = if mutation.ends_with("Expense") {
        "expense"
    } else {
        "settlement"
    };
    let query = format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{
            now: {about} {{ id version voidedAt }} userErrors {{ code path }} }} }}"
    );
    person.get(&query, json!({ "input": input })).await[mutation].take()
}

/// A family, and an input by which one of it makes this change of something new.
async fn ready(service: &Service, mutation: &str) -> (Family, Value) {
    let family = Family::of(service, &[Owner, Adult]);
    let person = &family.people[0];
    let id = if mutation.ends_with("Expense") {
        person.record(family.input("3", "EUR", json!({}))).await["id"].take()
    } else {
        let ids = family.ids(&[0, 1]);
        let input = json!({
            "householdId": family.id(), "idempotencyKey": "paid", "fromId": ids[0], "toId": ids[1],
            "date": "2026-11-23", "amount": { "amount": "1", "currency": "EUR" },
        });
        ask(person, "recordSettlement", &input).await["now"]["id"].take()
    };
    let mut input = json!({ "id": id, "expectedVersion": 1, "idempotencyKey": "a-key" });
    match mutation {
        "updateExpense" => input["description"] = json!("Rolls"),
        "restoreExpense" | "restoreSettlement" => {
            let void = mutation.replace("restore", "void");
            ask(person, &void, &json!({ "id": id, "expectedVersion": 1 })).await;
            input["expectedVersion"] = json!(2);
        }
        _ => {}
    }
    (family, input)
}

/// The change that undoes this one.
fn undoing(mutation: &str, input: &Value) -> (String, Value) {
    let expected = input["expectedVersion"].as_i64().unwrap() + 1;
    let mut undo = json!({ "id": input["id"], "expectedVersion": expected });
    let name = match mutation.split_at_checked(4) {
        Some(("void", about)) => format!("restore{about}"),
        _ if mutation.starts_with("restore") => mutation.replace("restore", "void"),
        _ => {
            undo["description"] = json!("Bread");
            mutation.to_owned()
        }
    };
    (name, undo)
}

#[tokio::test]
async fn a_repeated_change_is_not_made_again_and_is_answered_with_what_is_now() {
    let service = Service::start().await;
    for mutation in MUTATIONS {
        let (family, input) = ready(&service, mutation).await;
        let person = &family.people[0];
        let made = ask(person, mutation, &input).await;
        assert_eq!(made["userErrors"], json!([]), "{mutation}");
        let (undo, undoing) = undoing(mutation, &input);
        let undone = ask(person, &undo, &undoing).await;
        assert_eq!(undone["userErrors"], json!([]), "{undo}");
        for _ in 0..2 {
            assert_eq!(ask(person, mutation, &input).await, undone, "{mutation}");
        }
    }
}

#[tokio::test]
async fn the_order_in_which_an_input_is_written_does_not_matter() {
    let service = Service::start().await;
    let (family, input) = ready(&service, "updateExpense").await;
    let made = ask(&family.people[0], "updateExpense", &input).await;
    let id = &input["id"];
    let query = format!(
        "mutation {{ updateExpense(input: {{ idempotencyKey: \"a-key\", description: \"Rolls\", expectedVersion: 1, id: {id} }}) {{
            now: expense {{ id version voidedAt }} userErrors {{ code path }} }} }}"
    );
    let again = family.people[0].get(&query, json!({})).await;
    assert_eq!(again["updateExpense"], made);
}

#[tokio::test]
async fn a_key_that_made_another_change_is_refused_and_other_people_have_keys_of_their_own() {
    let service = Service::start().await;
    for mutation in MUTATIONS {
        let (family, input) = ready(&service, mutation).await;
        let made = ask(&family.people[0], mutation, &input).await;
        let (undo, undoing) = undoing(mutation, &input);
        let undoing = with(undoing, json!({ "idempotencyKey": "a-key" }));
        for (mutation, input) in [
            (mutation, with(input.clone(), json!({ "expectedVersion": 7 }))),
            (undo.as_str(), undoing.clone()),
        ] {
            let refused = ask(&family.people[0], mutation, &input).await;
            assert_eq!(user_codes(&refused), ["IDEMPOTENCY_KEY_REUSED"], "{mutation}");
            let path = &refused["userErrors"][0]["path"];
            assert_eq!(*path, json!(["input", "idempotencyKey"]));
            assert_eq!(refused["now"], Value::Null);
        }
        let undone = ask(&family.people[1], &undo, &undoing).await;
        assert_eq!(undone["userErrors"], json!([]), "{undo}");
        let version = |payload: &Value| payload["now"]["version"].as_i64().unwrap();
        assert_eq!(version(&undone), version(&made) + 1);
    }
}

#[tokio::test]
async fn a_refusal_uses_up_no_key() {
    let service = Service::start().await;
    for mutation in MUTATIONS {
        let (family, input) = ready(&service, mutation).await;
        let early = with(input.clone(), json!({ "expectedVersion": 9 }));
        let refused = ask(&family.people[0], mutation, &early).await;
        assert_eq!(user_codes(&refused), ["CONFLICT"], "{mutation}");
        let made = ask(&family.people[0], mutation, &input).await;
        assert_eq!(made["userErrors"], json!([]), "{mutation}");
    }
}

#[tokio::test]
async fn what_is_no_key_is_told_of_with_all_else_that_is_wrong() {
    let service = Service::start().await;
    for mutation in MUTATIONS {
        let (family, input) = ready(&service, mutation).await;
        for key in ["", "two words", &"x".repeat(129)] {
            let input = with(input.clone(), json!({ "idempotencyKey": key }));
            let refused = ask(&family.people[0], mutation, &input).await;
            assert_eq!(user_codes(&refused), ["IDEMPOTENCY_KEY_INVALID"], "{mutation}");
            let path = &refused["userErrors"][0]["path"];
            assert_eq!(*path, json!(["input", "idempotencyKey"]));
        }
    }
    let (family, input) = ready(&service, "updateExpense").await;
    let wrong = with(input, json!({ "idempotencyKey": "", "description": " " }));
    let refused = ask(&family.people[0], "updateExpense", &wrong).await;
    assert_eq!(user_codes(&refused), ["IDEMPOTENCY_KEY_INVALID", "REQUIRED"]);
}

#[tokio::test]
async fn of_twenty_at_once_through_two_services_one_makes_the_change_and_all_tell_of_it() {
    let service = Service::start().await;
    let place = service.database.name().to_owned();
    let uri = constellation_mongod::testing::database().await.uri;
    let other = Service::start_at(&uri, &place, service.clock.clone()).await;
    for mutation in MUTATIONS {
        let (family, input) = ready(&service, mutation).await;
        let here = &family.people[0];
        let there = here.through(other.clone());
        let sent = (0..20).map(|n| ask(if n % 2 == 0 { here } else { &there }, mutation, &input));
        let answers = join_all(sent).await;
        for answer in &answers {
            assert_eq!(*answer, answers[0], "{mutation}");
            assert_eq!(answer["userErrors"], json!([]), "{mutation}");
        }
        let expected = input["expectedVersion"].as_i64().unwrap() + 1;
        assert_eq!(answers[0]["now"]["version"], expected, "{mutation}");
        let person = constellation_shared::mongo::ids::bson(here.user());
        let keys = service.database.collection::<Document>("keys");
        assert_eq!(keys.count_documents(doc! { "person": person }).await.unwrap(), 1);
    }
}

/// A family of three, and what its second member sends to record something that is a surprise for the third until the next
/// day, with the mutation.
fn to_record(service: &Service) -> (Family, [(&'static str, Value); 2]) {
    let family = Family::of(service, &[Owner, Adult, Adult]);
    let ids = family.ids(&[0, 1, 2]);
    let surprise = json!({ "hiddenFrom": [&ids[2]], "revealOn": "2026-11-24" });
    let expense = json!({
        "idempotencyKey": "a-key", "visibility": "SURPRISE", "surprise": surprise, "split": { "equal": &ids },
    });
    let settlement = json!({
        "householdId": family.id(), "idempotencyKey": "a-key", "fromId": ids[0], "toId": ids[2], "surprise": surprise,
        "date": "2026-11-23", "amount": { "amount": "1", "currency": "EUR" },
    });
    let expense = family.input("3", "EUR", expense);
    (
        family,
        [("createExpense", expense), ("recordSettlement", settlement)],
    )
}

#[tokio::test]
async fn what_was_recorded_is_told_again_also_when_it_could_not_be_recorded_any_more() {
    let service = Service::start().await;
    let (mut family, recordings) = to_record(&service);
    let mut made = Vec::new();
    for (mutation, input) in &recordings {
        made.push(ask(&family.people[1], mutation, input).await);
        assert_eq!(made.last().unwrap()["userErrors"], json!([]), "{mutation}");
    }
    let told_again = async |family: &Family| {
        for ((mutation, input), made) in recordings.iter().zip(&made) {
            assert_eq!(ask(&family.people[1], mutation, input).await, *made, "{mutation}");
        }
    };
    // The day of the reveal comes, the one it was hidden from leaves, and whoever recorded it may record no more.
    service.clock.advance(Duration::from_hours(24));
    told_again(&family).await;
    family.now_are(&[Some(Owner), Some(Adult), None]);
    told_again(&family).await;
    family.now_are(&[Some(Owner), Some(Viewer), None]);
    told_again(&family).await;

    // Another input under the key is refused for what is wrong with it, and so is the same one of somebody who has left.
    for (mutation, input) in &recordings {
        let other = with(input.clone(), json!({ "date": "2026-11-22" }));
        let refused = ask(&family.people[1], mutation, &other).await;
        assert_eq!(user_codes(&refused), ["FORBIDDEN"], "{mutation}");
    }
    family.now_are(&[Some(Owner), None, None]);
    for (mutation, input) in &recordings {
        let refused = ask(&family.people[1], mutation, input).await;
        assert_eq!(user_codes(&refused), ["NOT_FOUND"], "{mutation}");
        assert_eq!(refused["now"], Value::Null, "{mutation}");
    }
}
