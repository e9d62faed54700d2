use std::time::Duration;

use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::support::{Service, bread, user_codes, with};

#[tokio::test]
async fn an_edit_changes_what_it_names_and_nothing_else() {
    let service = Service::start().await;
    let ana = service.person();
    let full = with(
        bread(),
        json!({ "merchant": "Bakery", "category": "Food", "tags": ["a"], "notes": "warm" }),
    );
    let first = ana.record(full).await;
    service.clock.advance(Duration::from_mins(1));
    let edit = json!({
        "id": first["id"], "expectedVersion": 1, "amount": { "amount": "4.00", "currency": "USD" }, "merchant": null, "notes": " ",
    });
    let edited = ana.change("updateExpense", edit).await;
    assert_eq!(edited["userErrors"], json!([]));
    let expected = with(
        first.clone(),
        json!({
            "version": 2, "amount": { "amount": "4.00", "currency": "USD" }, "merchant": null, "notes": null,
            "updatedAt": "2026-11-23T08:01:00.000Z",
        }),
    );
    assert_eq!(edited["expense"], expected);

    let edit = json!({ "id": first["id"], "expectedVersion": 2, "category": null, "tags": null, "merchant": "Stall" });
    let edited = ana.change("updateExpense", edit).await;
    let expected = with(
        expected,
        json!({ "version": 3, "category": null, "tags": [], "merchant": "Stall" }),
    );
    assert_eq!(edited["expense"], expected);
}

#[tokio::test]
async fn an_edit_that_changes_nothing_makes_no_version_and_no_history() {
    let service = Service::start().await;
    let ana = service.person();
    let first = ana.record(bread()).await;
    service.clock.advance(Duration::from_mins(1));
    for edit in [
        json!({}),
        json!({ "description": " Bread ", "merchant": null, "tags": [], "amount": { "amount": "3.5", "currency": "EUR" } }),
    ] {
        let edit = with(edit, json!({ "id": first["id"], "expectedVersion": 1 }));
        let edited = ana.change("updateExpense", edit).await;
        assert_eq!(edited, json!({ "expense": first, "userErrors": [] }));
    }
    let query = "query($id: ID!) { expense(id: $id) { history { edges { node { version } } } } }";
    let history = ana.get(query, json!({ "id": first["id"] })).await;
    assert_eq!(
        history["expense"]["history"]["edges"].as_array().unwrap().len(),
        1
    );
}

#[tokio::test]
async fn an_edit_of_an_old_version_is_a_conflict_that_shows_the_expense_as_it_is() {
    let ana = Service::start().await.person();
    let first = ana.record(bread()).await;
    let edit = |version: i32, text: &str| json!({ "id": first["id"], "expectedVersion": version, "description": text });
    let second = ana.change("updateExpense", edit(1, "Rolls")).await;
    for version in [1, 3, 0, -1] {
        let stale = ana.change("updateExpense", edit(version, "Cake")).await;
        assert_eq!(user_codes(&stale), ["CONFLICT"]);
        assert_eq!(
            stale["userErrors"][0]["path"],
            json!(["input", "expectedVersion"])
        );
        assert_eq!(stale["expense"], second["expense"]);
    }
    let void = json!({ "id": first["id"], "expectedVersion": 1 });
    let stale = ana.change("voidExpense", void).await;
    assert_eq!(user_codes(&stale), ["CONFLICT"]);
}

#[tokio::test]
async fn of_twenty_edits_at_once_one_wins_and_the_others_see_what_it_made() {
    let ana = Service::start().await.person();
    let first = ana.record(bread()).await;
    let edits = (0..20).map(|n| {
        let edit = json!({ "id": first["id"], "expectedVersion": 1, "description": format!("Edit {n}") });
        ana.change("updateExpense", edit)
    });
    let payloads = join_all(edits).await;
    let (won, lost): (Vec<&Value>, Vec<&Value>) = payloads
        .iter()
        .partition(|payload| payload["userErrors"] == json!([]));
    assert_eq!(won.len(), 1);
    for payload in lost {
        assert_eq!(user_codes(payload), ["CONFLICT"]);
        assert_eq!(payload["expense"], won[0]["expense"]);
    }
    let query = "query($id: ID!) { expense(id: $id) { version history { edges { node { version } } } } }";
    let read = ana.get(query, json!({ "id": first["id"] })).await;
    let two_steps = json!({ "edges": [{ "node": { "version": 2 } }, { "node": { "version": 1 } }] });
    assert_eq!(read["expense"], json!({ "version": 2, "history": two_steps }));
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_edit_is_told_at_once_and_nothing_is_changed() {
    let ana = Service::start().await.person();
    let first = ana.record(bread()).await;
    let edit = json!({
        "id": first["id"], "expectedVersion": 1, "amount": null, "description": "", "date": null,
        "tags": (0..21).map(|n| n.to_string()).collect::<Vec<_>>(), "notes": "fine",
    });
    let refused = ana.change("updateExpense", edit).await;
    assert_eq!(
        user_codes(&refused),
        ["REQUIRED", "REQUIRED", "TOO_MANY", "REQUIRED"]
    );
    let again = ana
        .change(
            "updateExpense",
            json!({ "id": first["id"], "expectedVersion": 1 }),
        )
        .await;
    assert_eq!(again["expense"], first);
}

#[tokio::test]
async fn a_voided_expense_stays_until_it_is_restored() {
    let service = Service::start().await;
    let ana = service.person();
    let first = ana.record(bread()).await;
    let at = |version: i32| json!({ "id": first["id"], "expectedVersion": version });
    service.clock.advance(Duration::from_mins(1));

    let voided = ana.change("voidExpense", at(1)).await;
    let moment = "2026-11-23T08:01:00.000Z";
    let expected = with(
        first.clone(),
        json!({ "version": 2, "voidedAt": moment, "updatedAt": moment }),
    );
    assert_eq!(voided, json!({ "expense": expected, "userErrors": [] }));

    let edit = with(at(2), json!({ "description": "Rolls" }));
    let refused = ana.change("updateExpense", edit).await;
    assert_eq!(user_codes(&refused), ["VOIDED"]);
    assert_eq!(refused["expense"], expected);

    service.clock.advance(Duration::from_mins(1));
    let restored = ana.change("restoreExpense", at(2)).await;
    let expected = with(
        first.clone(),
        json!({ "version": 3, "voidedAt": null, "updatedAt": "2026-11-23T08:02:00.000Z" }),
    );
    assert_eq!(restored, json!({ "expense": expected, "userErrors": [] }));
}

#[tokio::test]
async fn voiding_and_restoring_are_safe_to_repeat() {
    let ana = Service::start().await.person();
    let first = ana.record(bread()).await;
    let at = |version: i32| json!({ "id": first["id"], "expectedVersion": version });
    let voided = ana.change("voidExpense", at(1)).await;
    assert_eq!(ana.change("voidExpense", at(1)).await, voided);
    let stale = ana.change("restoreExpense", at(1)).await;
    assert_eq!(user_codes(&stale), ["CONFLICT"]);
    let restored = ana.change("restoreExpense", at(2)).await;
    assert_eq!(ana.change("restoreExpense", at(2)).await, restored);
    assert_eq!(restored["expense"]["version"], 3);

    let payloads = join_all((0..10).map(|_| ana.change("voidExpense", at(3)))).await;
    assert!(payloads.iter().all(|payload| payload["userErrors"] == json!([])));
    assert!(payloads.iter().all(|payload| payload["expense"]["version"] == 4));
}
