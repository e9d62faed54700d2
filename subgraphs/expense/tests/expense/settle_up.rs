//! Settling up by the plan, in households of every size and by everybody who may.

use constellation_shared::household::MOST_MEMBERS;
use constellation_shared::household::Role::{Adult, Child, Owner};
use serde_json::{Value, json};

use crate::family::Family;
use crate::support::{Service, user_codes};

const PLAN: &str = "balances { amount { amount } } settlementPlan { currency planToken transfers { from { id } to { id } amount { amount } } }
    ledgerCheck { ok settlements }";

/// Pays a transfer of the first plan, as this one of the people.
async fn pay(family: &Family, place: usize, plan: &Value, transfer: usize) -> Value {
    let transfer = &plan["transfers"][transfer];
    let query = "mutation($input: RecordSettlementInput!) { recordSettlement(input: $input) {
        settlement { id } plan { currency planToken transfers { from { id } to { id } amount { amount } } } userErrors { code } } }";
    let input = json!({
        "householdId": family.id(), "idempotencyKey": format!("{place}-{}", plan["planToken"]), "date": "2026-11-23",
        "planToken": plan["planToken"], "fromId": transfer["from"]["id"], "toId": transfer["to"]["id"],
        "amount": { "amount": transfer["amount"]["amount"], "currency": plan["currency"] },
    });
    family.people[place].get(query, json!({ "input": input })).await["recordSettlement"].take()
}

#[tokio::test]
async fn the_largest_household_settles_up_with_one_payment_fewer_than_it_has_people() {
    let service = Service::start().await;
    let mut roles = vec![Adult; MOST_MEMBERS];
    roles[0] = Owner;
    let family = Family::of(&service, &roles);
    let everybody: Vec<usize> = (0..MOST_MEMBERS).collect();
    let split = json!({ "split": { "equal": family.ids(&everybody) } });
    for place in &everybody {
        // Each pays another amount, the first of them very much and some of them nothing that is not borne by all alike.
        let amount = format!("{}.{:02}", 10_000 / (place + 1), place * 3);
        let expense = family.input(&amount, "EUR", split.clone());
        family.people[*place].record(expense).await;
    }
    let mut plan = family.tells(0, PLAN, json!({})).await["settlementPlan"][0].take();
    let again = family.tells(0, PLAN, json!({})).await["settlementPlan"][0].take();
    assert_eq!(plan, again, "a plan is the same each time");
    let mut payments = 0;
    while plan["transfers"]
        .as_array()
        .is_some_and(|transfers| !transfers.is_empty())
    {
        let transfer = &plan["transfers"][0];
        assert_ne!(transfer["from"]["id"], transfer["to"]["id"]);
        assert_ne!(transfer["amount"]["amount"], "0.00");
        let rest: Vec<Value> = plan["transfers"].as_array().unwrap()[1..].to_vec();
        let mut done = pay(&family, 0, &plan, 0).await;
        assert_eq!(done["userErrors"], json!([]));
        assert_eq!(
            done["plan"]["transfers"],
            json!(rest),
            "a payment leaves the others as they are"
        );
        plan = done["plan"].take();
        payments += 1;
    }
    assert!(payments < MOST_MEMBERS, "{payments}");
    let told = family.tells(MOST_MEMBERS - 1, PLAN, json!({})).await;
    let expected = json!({
        "balances": [], "settlementPlan": [], "ledgerCheck": { "ok": true, "settlements": payments },
    });
    assert_eq!(told, expected);
}

#[tokio::test]
async fn a_child_pays_what_it_owes_and_nothing_for_others() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child]);
    let split = json!({ "split": { "equal": family.ids(&[1, 2]) } });
    family.people[0].record(family.input("10", "EUR", split)).await;
    let plan = family.tells(2, PLAN, json!({})).await["settlementPlan"][0].take();
    let of = |place: usize| {
        let transfers = plan["transfers"].as_array().unwrap();
        let id = json!(family.people[place].id());
        transfers
            .iter()
            .position(|transfer| transfer["from"]["id"] == id)
            .unwrap()
    };
    assert_eq!(user_codes(&pay(&family, 2, &plan, of(1)).await), ["FORBIDDEN"]);
    let done = pay(&family, 2, &plan, of(2)).await;
    assert_eq!(done["userErrors"], json!([]));
    assert_eq!(done["plan"]["transfers"].as_array().unwrap().len(), 1);
}
