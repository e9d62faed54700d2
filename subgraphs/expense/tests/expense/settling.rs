//! Balances, plans and settlements: what a household owes each other, and how it stops.

use std::time::Duration;

use constellation_shared::household::Role::{Adult, Child, Owner, Viewer};
use serde_json::{Value, json};

use crate::family::Family;
use crate::support::{Person, Service, user_codes};

const MONEY: &str = "balances { member { id } amount { amount currency } }
    settlementPlan { planToken currency transfers { from { id } to { id } amount { amount } hiddenFrom { id } revealOn } }
    ledgerCheck { ok expenses settlements wrongShares wrongPayers wrongBalances sums { amount } }";

async fn settle(person: &Person, input: Value) -> Value {
    let query = "mutation($input: RecordSettlementInput!) { recordSettlement(input: $input) {
        settlement { id version } plan { planToken transfers { amount { amount } } } userErrors { code path } } }";
    person.get(query, json!({ "input": input })).await["recordSettlement"].take()
}

fn payment(family: &Family, key: &str, token: &Value, transfer: &Value) -> Value {
    let mut input = json!({
        "householdId": family.id(), "idempotencyKey": key, "planToken": token, "date": "2026-11-23",
        "fromId": transfer["from"]["id"], "toId": transfer["to"]["id"],
        "amount": { "amount": transfer["amount"]["amount"], "currency": "EUR" },
    });
    if !transfer["revealOn"].is_null() {
        let hidden: Vec<&Value> = transfer["hiddenFrom"]
            .as_array()
            .unwrap()
            .iter()
            .map(|one| &one["id"])
            .collect();
        input["surprise"] = json!({ "hiddenFrom": hidden, "revealOn": transfer["revealOn"] });
    }
    input
}

#[tokio::test]
async fn a_household_settles_up_to_zero_and_an_outdated_plan_is_refused_with_the_new_one() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child, Viewer]);
    let split = json!({ "split": { "equal": family.ids(&[0, 1, 2]) } });
    let id = family.people[0].record(family.input("10", "EUR", split)).await["id"].clone();
    let told = family.tells(3, MONEY, json!({})).await;
    let amounts: Vec<&Value> = told["balances"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["amount"]["amount"])
        .collect();
    assert_eq!(json!(amounts), json!(["6.66", "-3.33", "-3.33"]));
    assert_eq!(told["ledgerCheck"]["ok"], true, "{}", told["ledgerCheck"]);

    let told = family.tells(1, MONEY, json!({})).await;
    let plan = &told["settlementPlan"][0];
    let first = payment(&family, "one", &plan["planToken"], &plan["transfers"][0]);
    let done = settle(&family.people[1], first.clone()).await;
    assert_eq!(done["userErrors"], json!([]));
    assert_eq!(settle(&family.people[1], first).await, done, "a repeated request");
    let outdated = payment(&family, "two", &plan["planToken"], &plan["transfers"][1]);
    let refused = settle(&family.people[1], outdated).await;
    assert_eq!(user_codes(&refused), ["PLAN_OUTDATED"]);
    assert_eq!(refused["plan"], done["plan"]);
    let next = payment(
        &family,
        "two",
        &refused["plan"]["planToken"],
        &plan["transfers"][1],
    );
    assert_eq!(settle(&family.people[1], next).await["userErrors"], json!([]));
    let told = family.tells(0, MONEY, json!({})).await;
    assert_eq!(
        (&told["balances"], &told["settlementPlan"]),
        (&json!([]), &json!([]))
    );

    // A correction after settling up, and one settlement that never happened.
    let change = json!({ "id": id, "expectedVersion": 1, "amount": { "amount": "13", "currency": "EUR" } });
    assert_eq!(
        family.people[0].change("updateExpense", change).await["userErrors"],
        json!([])
    );
    let void = "mutation($input: VoidSettlementInput!) { voidSettlement(input: $input) {
        settlement { version history { kind by { id } } } userErrors { code path } } }";
    let input = json!({ "input": { "id": done["settlement"]["id"], "expectedVersion": 1 } });
    let forbidden = family.people[2].get(void, input.clone()).await;
    assert_eq!(user_codes(&forbidden["voidSettlement"]), ["FORBIDDEN"]);
    let voided = family.people[0].get(void, input).await;
    assert_eq!(
        voided["voidSettlement"]["settlement"]["history"][0]["kind"],
        "VOIDED"
    );
    let told = family.tells(2, MONEY, json!({})).await;
    assert_eq!(told["ledgerCheck"]["ok"], true, "{}", told["ledgerCheck"]);
    assert_eq!(told["ledgerCheck"]["settlements"], 2);
}

#[tokio::test]
async fn what_a_surprise_and_its_settlement_move_is_nowhere_for_those_it_is_hidden_from() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child]);
    let before = family.tells(2, MONEY, json!({})).await;
    let gift = json!({
        "visibility": "SURPRISE", "split": { "equal": family.ids(&[0, 1]) },
        "surprise": { "hiddenFrom": family.ids(&[2]), "revealOn": "2026-12-24" },
    });
    family.people[0].record(family.input("40", "EUR", gift)).await;
    assert_eq!(family.tells(2, MONEY, json!({})).await, before);
    let told = family.tells(1, MONEY, json!({})).await;
    let plan = &told["settlementPlan"][0];
    let open = json!({
        "from": plan["transfers"][0]["from"], "to": plan["transfers"][0]["to"], "amount": plan["transfers"][0]["amount"],
    });
    let refused = settle(
        &family.people[1],
        payment(&family, "open", &plan["planToken"], &open),
    )
    .await;
    assert_eq!(
        user_codes(&refused),
        ["NOT_IN_PLAN"],
        "it would give the surprise away"
    );
    let hidden = payment(&family, "hidden", &plan["planToken"], &plan["transfers"][0]);
    assert_eq!(settle(&family.people[1], hidden).await["userErrors"], json!([]));
    assert_eq!(family.tells(2, MONEY, json!({})).await, before);
    service.clock.advance(Duration::from_hours(40 * 24));
    let after = family.tells(2, MONEY, json!({})).await;
    assert_eq!(after["ledgerCheck"]["expenses"], 1);
    assert_eq!(
        (&after["ledgerCheck"]["ok"], &after["balances"]),
        (&json!(true), &json!([]))
    );
}

#[tokio::test]
async fn what_is_hidden_from_somebody_who_has_left_or_in_another_time_zone_is_settled_as_planned() {
    let service = Service::start().await;
    let mut family = Family::of(&service, &[Owner, Adult, Child]);
    let gift = json!({
        "visibility": "SURPRISE", "split": { "equal": family.ids(&[0, 1]) },
        "surprise": { "hiddenFrom": family.ids(&[2]), "revealOn": "2026-12-24" },
    });
    family.people[0].record(family.input("40", "EUR", gift)).await;
    family.household.zone = "America/New_York".into();
    family.now_are(&[Some(Owner), Some(Adult), None]);
    let plan = family.tells(1, MONEY, json!({})).await["settlementPlan"][0].take();
    let mut wrong = payment(&family, "one", &plan["planToken"], &plan["transfers"][0]);
    wrong["surprise"]["hiddenFrom"] = json!([service.person().id()]);
    assert_eq!(
        user_codes(&settle(&family.people[1], wrong).await),
        ["NOT_IN_PLAN"]
    );
    let planned = payment(&family, "one", &plan["planToken"], &plan["transfers"][0]);
    let done = settle(&family.people[1], planned).await;
    assert_eq!(
        (&done["userErrors"], &done["plan"]["transfers"]),
        (&json!([]), &json!([]))
    );
    let told = family.tells(1, MONEY, json!({})).await;
    assert_eq!(
        (
            &told["ledgerCheck"]["ok"],
            &told["balances"],
            &told["settlementPlan"]
        ),
        (&json!(true), &json!([]), &json!([]))
    );
}
