//! What a household is asked costs as many commands of the database whatever is in it, and each goes by an index.

use constellation_shared::household::MOST_MEMBERS;
use constellation_shared::household::Role::{Adult, Owner};
use serde_json::{Value, json};

use crate::family::Family;
use crate::plans;
use crate::support::Service;

/// What can be asked, with how many commands at most.
const QUESTIONS: [(&str, usize); 11] = [
    (
        "expenses(first: 5) { edges { node { id shares { member { id } } payers { member { id } } } } }",
        1,
    ),
    (
        "expenses(first: 50, filter: $filter) { edges { node { id splitExplanation { text } } } pageInfo { hasNextPage } }",
        1,
    ),
    (
        "expenses(first: 50) { edges { node { id history(first: 1) { edges { node { version } } } } } }",
        2,
    ),
    (
        "totals(groupBy: CATEGORY, filter: $filter) { count total { amount } }",
        1,
    ),
    ("totals(groupBy: MEMBER) { member { id } total { amount } }", 1),
    ("totals(groupBy: TAG) { tag total { amount } }", 1),
    ("balances { member { id } amount { amount } }", 1),
    ("settlementPlan { planToken transfers { amount { amount } } }", 1),
    (
        "settlements(first: 5) { edges { node { id } } pageInfo { hasNextPage } }",
        1,
    ),
    (
        "changesSince(first: 50) { edges { node { kind expense { id } } } pageInfo { endCursor } }",
        4,
    ),
    ("changesCursor", 1),
];

/// A household of so many people with so many expenses, and half as many settlements.
async fn household(service: &Service, people: usize, expenses: usize) -> Family {
    let mut roles = vec![Adult; people];
    roles[0] = Owner;
    let family = Family::of(service, &roles);
    let everybody: Vec<usize> = (0..people).collect();
    for number in 0..expenses {
        let mut input = json!({
            "split": { "equal": family.ids(&everybody) }, "category": format!("Category {}", number % 7),
            "date": format!("2026-{:02}-{:02}", number % 12 + 1, number % 28 + 1), "tags": ["a"],
        });
        if number % 5 == 0 {
            input["split"] = json!({ "equal": family.ids(&[0]) });
            input["visibility"] = json!("SURPRISE");
            input["surprise"] = json!({ "hiddenFrom": family.ids(&[1]), "revealOn": "2027-01-06" });
        }
        let payer = if number % 5 == 0 { 0 } else { number % people };
        family.people[payer].record(family.input("7", "EUR", input)).await;
        if number % 2 == 0 {
            let query = "mutation($input: RecordSettlementInput!) { recordSettlement(input: $input) { userErrors { code } } }";
            let input = json!({
                "householdId": family.id(), "idempotencyKey": format!("settlement-{number}"), "date": "2026-11-23",
                "fromId": family.people[1].id(), "toId": family.people[0].id(),
                "amount": { "amount": "1", "currency": "EUR" },
            });
            let done = family.people[0].get(query, json!({ "input": input })).await;
            assert_eq!(done["recordSettlement"]["userErrors"], json!([]));
        }
    }
    family
}

#[tokio::test]
async fn whatever_a_household_is_asked_goes_by_an_index_in_a_few_commands_however_large_it_is() {
    let service = Service::start().await;
    let (small, large) = (
        household(&service, 2, 3).await,
        household(&service, MOST_MEMBERS, 60).await,
    );
    for (question, most) in QUESTIONS {
        for variables in [
            json!({}),
            json!({ "filter": { "dateFrom": "2026-02-01", "currency": "EUR", "voided": "INCLUDE" } }),
        ] {
            let ask = async |family: &Family, place: usize| {
                let (commands, _) = service
                    .commands_of(family.tells(place, question, variables.clone()))
                    .await;
                commands
            };
            let (few, many) = (ask(&small, 1).await, ask(&large, 1).await);
            assert_eq!(few.len(), many.len(), "{question}");
            assert!(many.len() <= most, "{question}: {many:?}");
            for command in many {
                // A lookup for given ids has a plan for each of them, which explaining it does not tell.
                if command.get("aggregate").is_some_and(|of| of.as_str().is_none()) {
                    continue;
                }
                let stages = plans::stages(&service, &command).await;
                let has = |stage: &str| stages.iter().any(|found| found == stage);
                assert!(
                    has("IXSCAN") || has("IDHACK"),
                    "{question}: {stages:?}\n{command}"
                );
                assert!(
                    !has("COLLSCAN") && !has("SORT"),
                    "{question}: {stages:?}\n{command}"
                );
            }
        }
    }
}

#[tokio::test]
async fn checking_a_ledger_and_writing_into_it_take_as_many_commands_however_much_is_in_it() {
    let service = Service::start().await;
    let check = "ledgerCheck { ok expenses }";
    let mut counts: Vec<[usize; 2]> = Vec::new();
    for expenses in [3, 40] {
        let family = household(&service, 4, expenses).await;
        let (checking, told) = service.commands_of(family.tells(0, check, json!({}))).await;
        assert_eq!(told["ledgerCheck"], json!({ "ok": true, "expenses": expenses }));
        let split = json!({ "split": { "shares": [
            { "memberId": family.people[0].id(), "shares": 1 }, { "memberId": family.people[1].id(), "shares": 2 },
        ] } });
        let (writing, _): (_, Value) = service
            .commands_of(family.people[0].record(family.input("1", "EUR", split)))
            .await;
        counts.push([checking.len(), writing.len()]);
    }
    assert_eq!(counts[0], counts[1]);
    assert!(counts[0][0] <= 5 && counts[0][1] <= 8, "{counts:?}");
}
