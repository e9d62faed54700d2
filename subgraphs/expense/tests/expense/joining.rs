//! Edits of an older version: joined with what happened since where that is safe, and a conflict that tells all sides where it
//! is not.

use constellation_shared::household::Role::{Adult, Owner};
use futures_util::future::join_all;
use serde_json::{Value, json};

use crate::family::Family;
use crate::support::{Person, Service, bread, user_codes, with};

const SAYS: &str = "amount { amount currency } description merchant category tags notes date";

fn full() -> Value {
    with(
        bread(),
        json!({ "merchant": "Bakery", "category": "Food", "tags": ["a", "b"], "notes": "warm" }),
    )
}

/// The payload of an edit of this version, with its conflict.
async fn edit(person: &Person, expense: &Value, version: i32, fields: Value) -> Value {
    let query = format!(
        "mutation($input: UpdateExpenseInput!) {{ updateExpense(input: $input) {{
            expense {{ id version {SAYS} }} userErrors {{ code path }}
            conflict {{ fields base {{ {SAYS} }} yours {{ {SAYS} }} theirs {{ {SAYS} }} }} }} }}"
    );
    let input = with(fields, json!({ "id": expense["id"], "expectedVersion": version }));
    person.get(&query, json!({ "input": input })).await["updateExpense"].take()
}

async fn versions(person: &Person, expense: &Value) -> usize {
    let query = "query($id: ID!) { expense(id: $id) { history(first: 100) { edges { node { version } } } } }";
    let read = person.get(query, json!({ "id": expense["id"] })).await;
    read["expense"]["history"]["edges"].as_array().unwrap().len()
}

#[tokio::test]
async fn two_edits_of_one_version_that_touch_different_fields_are_both_made() {
    let ana = Service::start().await.person();
    let first = ana.record(full()).await;
    let money = json!({ "amount": { "amount": "4.00", "currency": "EUR" } });
    for edited in [
        edit(
            &ana,
            &first,
            1,
            json!({ "description": "Rolls", "tags": ["b", "c"] }),
        )
        .await,
        edit(&ana, &first, 2, money.clone()).await,
        edit(
            &ana,
            &first,
            1,
            json!({ "notes": null, "category": "food", "tags": ["a", "b", "d"] }),
        )
        .await,
    ] {
        assert_eq!(edited["userErrors"], json!([]));
        assert_eq!(edited["conflict"], Value::Null);
    }
    let last = edit(&ana, &first, 1, json!({ "date": "2026-11-22" })).await;
    let expected = json!({
        "id": first["id"], "version": 5, "amount": money["amount"], "description": "Rolls", "merchant": "Bakery",
        "category": "food", "tags": ["b", "c", "d"], "notes": null, "date": "2026-11-22",
    });
    assert_eq!(last["expense"], expected);
    assert_eq!(versions(&ana, &first).await, 5);
}

#[tokio::test]
async fn what_is_so_already_is_no_conflict_and_makes_no_version() {
    let ana = Service::start().await.person();
    let first = ana.record(full()).await;
    let change = json!({ "description": "Rolls", "amount": { "amount": "4.00", "currency": "EUR" } });
    let edited = edit(&ana, &first, 1, change.clone()).await;
    let again = edit(&ana, &first, 1, change).await;
    assert_eq!(again, edited);
    // A whole form is sent, of which the person changed nothing but the merchant.
    let form = json!({
        "amount": { "amount": "3.50", "currency": "EUR" }, "description": "Bread", "merchant": "Stall", "category": "Food",
        "tags": ["a", "b"], "notes": "warm", "date": "2026-11-23",
    });
    let joined = edit(&ana, &first, 1, form).await;
    let expected = with(
        edited["expense"].clone(),
        json!({ "merchant": "Stall", "version": 3 }),
    );
    assert_eq!(joined["expense"], expected);
}

#[tokio::test]
async fn a_conflict_tells_what_each_side_says_and_writes_nothing() {
    let ana = Service::start().await.person();
    let first = ana.record(full()).await;
    let theirs = edit(
        &ana,
        &first,
        1,
        json!({ "description": "Rolls", "notes": "cold" }),
    )
    .await;
    let refused = edit(
        &ana,
        &first,
        1,
        json!({ "description": "Cake", "merchant": "Stall", "notes": null }),
    )
    .await;
    assert_eq!(user_codes(&refused), ["CONFLICT"]);
    assert_eq!(refused["expense"], theirs["expense"]);
    let says = |changes: Value| {
        let base = json!({
            "amount": { "amount": "3.50", "currency": "EUR" }, "description": "Bread", "merchant": "Bakery",
            "category": "Food", "tags": ["a", "b"], "notes": "warm", "date": "2026-11-23",
        });
        with(base, changes)
    };
    let expected = json!({
        "fields": ["DESCRIPTION", "NOTES"],
        "base": says(json!({})),
        "yours": says(json!({ "description": "Cake", "merchant": "Stall", "notes": null })),
        "theirs": says(json!({ "description": "Rolls", "notes": "cold" })),
    });
    assert_eq!(refused["conflict"], expected);
    assert_eq!(versions(&ana, &first).await, 2);

    // Decided by somebody who has seen it, it is made.
    let decided = edit(&ana, &first, 2, json!({ "description": "Cake" })).await;
    assert_eq!(decided["expense"]["description"], "Cake");
}

#[tokio::test]
async fn money_is_changed_only_in_the_version_that_was_seen() {
    let ana = Service::start().await.person();
    let first = ana.record(full()).await;
    edit(&ana, &first, 1, json!({ "notes": "cold" })).await;
    for amount in [
        json!({ "amount": "4.00", "currency": "EUR" }),
        json!({ "amount": "3.50", "currency": "USD" }),
    ] {
        let refused = edit(
            &ana,
            &first,
            1,
            json!({ "amount": amount, "description": "Rolls" }),
        )
        .await;
        assert_eq!(user_codes(&refused), ["CONFLICT"]);
        assert_eq!(refused["conflict"]["fields"], json!(["AMOUNT"]));
        assert_eq!(refused["conflict"]["yours"]["amount"], amount);
        assert_eq!(refused["expense"]["version"], 2);
        assert_eq!(refused["expense"]["description"], "Bread");
    }
}

#[tokio::test]
async fn a_version_that_never_was_has_nothing_to_be_joined_with() {
    let ana = Service::start().await.person();
    let first = ana.record(full()).await;
    for version in [2, 0, -1] {
        let refused = edit(&ana, &first, version, json!({ "description": "Rolls" })).await;
        assert_eq!(user_codes(&refused), ["CONFLICT"]);
        assert_eq!(refused["conflict"], Value::Null);
        assert_eq!(refused["expense"]["version"], 1);
    }
}

#[tokio::test]
async fn of_edits_at_once_through_two_services_none_is_lost() {
    let place = constellation_mongod::testing::database().await;
    let services = [
        Service::start_on(&place.uri, &place.name).await,
        Service::start_on(&place.uri, &place.name).await,
    ];
    let ana = services[0].person();
    let first = ana.record(full()).await;
    let people = services.map(|service| ana.through(service));
    // Everybody adds a tag; somebody also changes each field, and two fight for the description.
    let changes = [
        json!({ "description": "Rolls" }),
        json!({ "description": "Cake" }),
        json!({ "merchant": "Stall" }),
        json!({ "category": null }),
        json!({ "notes": "cold" }),
        json!({ "date": "2026-11-22" }),
        json!({}),
        json!({}),
        json!({}),
        json!({}),
    ];
    let edits = changes.into_iter().enumerate().map(|(n, change)| {
        let change = with(change, json!({ "tags": ["a", "b", format!("tag {n}")] }));
        let (person, first) = (&people[n % 2], &first);
        async move { edit(person, first, 1, change).await }
    });
    let payloads = join_all(edits).await;
    let lost: Vec<usize> = (0..payloads.len())
        .filter(|n| !payloads[*n]["conflict"].is_null())
        .collect();
    assert!(lost == [0] || lost == [1], "{lost:?}");
    assert_eq!(payloads[lost[0]]["conflict"]["fields"], json!(["DESCRIPTION"]));

    let query = format!("query($id: ID!) {{ expense(id: $id) {{ version {SAYS} }} }}");
    let mut read = people[1].get(&query, json!({ "id": first["id"] })).await;
    let mut tags = vec!["a".to_owned(), "b".to_owned()];
    tags.extend((0..10).filter(|n| !lost.contains(n)).map(|n| format!("tag {n}")));
    let expected = json!({
        "version": 10, "amount": first["amount"], "description": if lost == [1] { "Rolls" } else { "Cake" }, "merchant": "Stall",
        "category": null, "tags": tags, "notes": "cold", "date": "2026-11-22",
    });
    assert_eq!(read["expense"].take(), expected);
    assert_eq!(versions(&ana, &first).await, 10);
}

#[tokio::test]
async fn a_conflict_about_money_shows_what_everybody_would_have_paid_borne_and_known() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Adult]);
    let ids = family.ids(&[0, 1, 2]);
    let ana = &family.people[0];
    let part = |place: usize, percent: &str| json!({ "memberId": ids[place], "percent": percent });
    // Ana has borne a cent more than the others.
    ana.record(family.input(
        "0.01",
        "EUR",
        json!({ "idempotencyKey": "cent", "split": { "equal": [ids[0], ids[1]] } }),
    ))
    .await;
    let split = json!({ "split": { "percent": [part(0, "60"), part(1, "40")] } });
    let first = ana.record(family.input("10.00", "EUR", split)).await;
    let theirs = json!({ "split": { "percent": [part(0, "70"), part(1, "30")] } });
    assert_eq!(edit(ana, &first, 1, theirs).await["userErrors"], json!([]));

    let query = "mutation($input: UpdateExpenseInput!) { updateExpense(input: $input) { conflict { fields
        yours { amount { amount } payers { member { id } amount { amount } } shares { member { id } amount { amount } }
            splitRule splitParts { member { id } part } visibility hiddenFrom { id } revealOn }
        theirs { splitRule splitParts { member { id } part } hiddenFrom { id } revealOn } } } }";
    let input = json!({
        "id": first["id"], "expectedVersion": 1, "amount": { "amount": "0.03", "currency": "EUR" },
        "split": { "equal": [ids[0], ids[1]] }, "visibility": "SURPRISE",
        "surprise": { "hiddenFrom": [ids[2]], "revealOn": "2026-12-24" },
    });
    let conflict = ana.get(query, json!({ "input": input })).await["updateExpense"]["conflict"].take();
    let of = |place: usize, amount: &str| json!({ "member": { "id": ids[place] }, "amount": { "amount": amount } });
    let number = |place: usize, part: &str| json!({ "member": { "id": ids[place] }, "part": part });
    let expected = json!({
        "fields": ["AMOUNT", "PAYERS", "SPLIT", "VISIBILITY"],
        "yours": {
            "amount": { "amount": "0.03" }, "payers": [of(0, "0.03")],
            // The odd cent goes to whoever has borne less, as it would be written.
            "shares": [of(0, "0.01"), of(1, "0.02")],
            "splitRule": "EQUAL", "splitParts": [number(0, "1"), number(1, "1")],
            "visibility": "SURPRISE", "hiddenFrom": [{ "id": ids[2] }], "revealOn": "2026-12-24",
        },
        "theirs": {
            "splitRule": "PERCENT", "splitParts": [number(0, "70.000000"), number(1, "30.000000")],
            "hiddenFrom": [], "revealOn": null,
        },
    });
    assert_eq!(conflict, expected);
}

#[tokio::test]
async fn a_new_currency_takes_new_amounts_of_everybody() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let ids = family.ids(&[0, 1]);
    let ana = &family.people[0];
    let amounts = |first: &str, second: &str| {
        let of = |place: usize, amount: &str| json!({ "memberId": ids[place], "amount": amount });
        json!([of(0, first), of(1, second)])
    };
    let split =
        json!({ "payers": amounts("60.00", "40.00"), "split": { "exact": amounts("50.00", "50.00") } });
    let first = ana.record(family.input("100.00", "EUR", split)).await;
    // As many smallest units, and a hundred times the money.
    let yen = json!({ "amount": { "amount": "10000", "currency": "JPY" } });
    let refused = edit(ana, &first, 1, yen.clone()).await;
    assert_eq!(user_codes(&refused), ["PAYERS_DO_NOT_SUM", "SPLIT_DOES_NOT_SUM"]);
    let named = json!({ "payers": amounts("6000", "4000"), "split": { "exact": amounts("5000", "5000") } });
    let done = edit(ana, &first, 1, with(yen, named)).await;
    assert_eq!(done["userErrors"], json!([]));
    let changed =
        json!({ "amount": { "amount": "200.00", "currency": "EUR" }, "payers": null, "split": null });
    assert_eq!(edit(ana, &first, 2, changed).await["userErrors"], json!([]));
}
