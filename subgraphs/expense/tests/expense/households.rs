//! What a household shares: who may record and change it, who sees it, and how it is split.

use std::time::Duration;

use constellation_shared::household::Role::{Adult, Child, Owner, Viewer};
use serde_json::{Value, json};

use crate::family::Family;
use crate::support::{Person, Service, bread, user_codes, with};

const LIST: &str = "expenses { edges { node { id } } }";

/// The input of an edit of the first version.
fn edit(id: &Value, changes: Value) -> Value {
    with(json!({ "id": id, "expectedVersion": 1 }), changes)
}

fn listed(household: &Value) -> Vec<Value> {
    let edges = household["expenses"]["edges"].as_array().unwrap();
    edges.iter().map(|edge| edge["node"]["id"].clone()).collect()
}

#[tokio::test]
async fn every_member_sees_what_the_household_shares_and_nobody_else_does() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child, Viewer]);
    let stranger = service.person();
    let id = family.people[1]
        .record(family.input("12.50", "EUR", json!({})))
        .await["id"]
        .clone();
    let own = family.people[1].record(bread()).await["id"].clone();
    for place in 0..4 {
        let household = family.tells(place, LIST, json!({})).await;
        assert_eq!(listed(&household), vec![id.clone()]);
        let expense = family
            .expense(place, &id, "visibility household { id } owner { id }")
            .await;
        let expected = json!({
            "visibility": "HOUSEHOLD", "household": { "id": family.id() }, "owner": { "id": family.people[1].id() },
        });
        assert_eq!(expense, Some(expected));
    }
    let answer = family.asked(&stranger, LIST, json!({})).await;
    assert_eq!(answer.data["_entities"], json!([null]));
    let hidden = stranger
        .entities("Expense", &[id.as_str().unwrap().to_owned()], "id")
        .await;
    assert_eq!(hidden.data["_entities"], json!([null]));
    // One's own list is of what is in no household.
    let mine = family.people[1].me(LIST, json!({})).await;
    assert_eq!(listed(&mine), [own]);
}

#[tokio::test]
async fn adults_change_everything_children_their_own_and_viewers_nothing() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child, Child, Viewer]);
    let of_child = family.people[2].record(family.input("3", "EUR", json!({}))).await["id"].clone();
    let refused = family.people[4].create(family.input("3", "EUR", json!({}))).await;
    assert_eq!(user_codes(&refused), ["FORBIDDEN"]);
    let stranger = service.person();
    let refused = stranger.create(family.input("3", "EUR", json!({}))).await;
    assert_eq!(user_codes(&refused), ["NOT_FOUND"]);
    assert_eq!(refused["userErrors"][0]["path"], json!(["input", "householdId"]));

    for (mutation, changes) in [
        ("updateExpense", json!({ "description": "Rolls" })),
        ("voidExpense", json!({})),
        ("restoreExpense", json!({})),
    ] {
        for place in [3, 4] {
            let refused = family.people[place]
                .change(mutation, edit(&of_child, changes.clone()))
                .await;
            assert_eq!(user_codes(&refused), ["FORBIDDEN"], "{mutation}");
            assert_eq!(refused["expense"]["version"], 1, "it is theirs to see");
        }
        let refused = stranger.change(mutation, edit(&of_child, changes.clone())).await;
        assert_eq!(user_codes(&refused), ["NOT_FOUND"]);
    }
    for (place, version) in [(0, 1), (1, 2), (2, 3)] {
        let change =
            json!({ "id": of_child, "expectedVersion": version, "description": format!("by {place}") });
        let changed = family.people[place].change("updateExpense", change).await;
        assert_eq!(changed["userErrors"], json!([]));
    }
    let history = family
        .expense(3, &of_child, "history { edges { node { by { id } } } }")
        .await
        .unwrap();
    let by: Vec<&Value> = history["history"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| &edge["node"]["by"]["id"])
        .collect();
    assert_eq!(
        json!(by),
        json!(family.ids(&[2, 1, 0, 2])),
        "the history says who"
    );
}

#[tokio::test]
async fn every_rule_splits_to_the_last_unit() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child]);
    let ana = &family.people[0];
    let [a, b, c] = [0, 1, 2].map(|place| family.people[place].id());
    for (amount, currency, split, shares) in [
        ("9", "EUR", json!(null), json!(["9.00", null, null])),
        (
            "9",
            "EUR",
            json!({ "equal": [a, b, c] }),
            json!(["3.00", "3.00", "3.00"]),
        ),
        ("1", "JPY", json!({ "equal": [a, b, c] }), json!(["1", "0", "0"])),
        (
            "0.002",
            "KWD",
            json!({ "equal": [b, c] }),
            json!([null, "0.001", "0.001"]),
        ),
        (
            "10",
            "EUR",
            json!({ "exact": [{ "memberId": c, "amount": "9.99" }, { "memberId": a, "amount": "0.01" }] }),
            json!(["0.01", null, "9.99"]),
        ),
        (
            "0.10",
            "EUR",
            json!({ "percent": [{ "memberId": a, "percent": "50" }, { "memberId": b, "percent": "50.0" }] }),
            json!(["0.05", "0.05", null]),
        ),
        (
            "92233720368547758.07",
            "EUR",
            json!({ "shares": [{ "memberId": a, "shares": 1_000_000 }, { "memberId": b, "shares": 1 }] }),
            json!(["92233628134918840.97", "92233628134.92", null]),
        ),
    ] {
        let input = family.input(amount, currency, json!({ "split": split }));
        let id = ana.record(input).await["id"].clone();
        let got = family.shares(2, &id).await;
        // The last one's are computed by the rule itself; that they sum up is what matters.
        if amount.len() < 10 {
            assert_eq!(got, shares, "{split}");
        }
    }
}

#[tokio::test]
#[expect(clippy::too_many_lines, reason = "it is a table")]
async fn what_is_wrong_with_a_split_is_told_by_its_place() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let ana = &family.people[0];
    let [a, b] = [0, 1].map(|place| family.people[place].id());
    let stranger = service.person().id();
    for (changes, code, path) in [
        (
            json!({ "split": { "equal": [a, stranger] } }),
            "MEMBER_UNKNOWN",
            vec!["split", "equal", "1"],
        ),
        (
            json!({ "split": { "equal": [a, a] } }),
            "MEMBER_REPEATED",
            vec!["split", "equal", "1"],
        ),
        (
            json!({ "split": { "equal": [] } }),
            "REQUIRED",
            vec!["split", "equal"],
        ),
        (
            json!({ "split": { "exact": [{ "memberId": a, "amount": "3.49" }] } }),
            "SPLIT_DOES_NOT_SUM",
            vec!["split", "exact"],
        ),
        (
            json!({ "split": { "exact": [{ "memberId": a, "amount": "3.50" }, { "memberId": b, "amount": "0" }] } }),
            "SPLIT_PART_INVALID",
            vec!["split", "exact", "1", "amount"],
        ),
        (
            json!({ "split": { "percent": [{ "memberId": a, "percent": "99.999999" }] } }),
            "SPLIT_DOES_NOT_SUM",
            vec!["split", "percent"],
        ),
        (
            json!({ "split": { "percent": [{ "memberId": a, "percent": "33.3333333" }] } }),
            "SPLIT_PART_INVALID",
            vec!["split", "percent", "0", "percent"],
        ),
        (
            json!({ "split": { "shares": [{ "memberId": a, "shares": -1 }] } }),
            "SPLIT_PART_INVALID",
            vec!["split", "shares", "0", "shares"],
        ),
        (
            json!({ "payers": [{ "memberId": a, "amount": "1" }, { "memberId": b, "amount": "2.51" }] }),
            "PAYERS_DO_NOT_SUM",
            vec!["payers"],
        ),
        (
            json!({ "payers": [{ "memberId": a, "amount": "1" }, { "memberId": b }] }),
            "REQUIRED",
            vec!["payers", "1", "amount"],
        ),
        (
            json!({ "payers": [{ "memberId": stranger }] }),
            "MEMBER_UNKNOWN",
            vec!["payers", "0", "memberId"],
        ),
        (
            json!({ "visibility": "PRIVATE", "split": { "equal": [a, b] } }),
            "VISIBILITY_INVALID",
            vec!["visibility"],
        ),
        (
            json!({ "visibility": "SURPRISE" }),
            "VISIBILITY_INVALID",
            vec!["visibility"],
        ),
        (
            json!({ "surprise": { "hiddenFrom": [b], "revealOn": "2026-12-24" } }),
            "VISIBILITY_INVALID",
            vec!["visibility"],
        ),
        (
            json!({ "visibility": "SURPRISE", "surprise": { "hiddenFrom": [b], "revealOn": "2026-11-23" } }),
            "REVEAL_DATE_INVALID",
            vec!["surprise", "revealOn"],
        ),
        (
            json!({ "visibility": "SURPRISE", "surprise": { "hiddenFrom": [a], "revealOn": "2026-12-24" } }),
            "VISIBILITY_INVALID",
            vec!["visibility"],
        ),
        (
            json!({ "payers": [{ "memberId": b }], "visibility": "SURPRISE",
                "surprise": { "hiddenFrom": [b], "revealOn": "2026-12-24" } }),
            "VISIBILITY_INVALID",
            vec!["visibility"],
        ),
    ] {
        let refused = ana.create(family.input("3.50", "EUR", changes.clone())).await;
        assert_eq!(user_codes(&refused), [code], "{changes}");
        let expected: Vec<&str> = std::iter::once("input").chain(path).collect();
        assert_eq!(refused["userErrors"][0]["path"], json!(expected), "{changes}");
    }
    let refused = ana
        .create(with(bread(), json!({ "split": { "equal": [a] } })))
        .await;
    assert_eq!(user_codes(&refused), ["HOUSEHOLD_REQUIRED"]);
}

#[tokio::test]
async fn a_new_amount_is_split_by_the_frozen_rule_and_other_edits_move_no_cent() {
    let service = Service::start().await;
    let mut family = Family::of(&service, &[Owner, Adult, Adult]);
    let split = json!({ "split": { "equal": family.ids(&[0, 1, 2]) } });
    let id = family.people[0]
        .record(family.input("10", "EUR", split.clone()))
        .await["id"]
        .clone();
    assert_eq!(family.shares(0, &id).await, json!(["3.34", "3.33", "3.33"]));
    // Others absorb meanwhile, and one leaves.
    family.people[0].record(family.input("10", "EUR", split)).await;
    family.now_are(&[Some(Owner), Some(Adult), None]);

    let worded = family.people[1]
        .change(
            "updateExpense",
            edit(
                &id,
                json!({ "category": "Food", "amount": { "amount": "10.00", "currency": "EUR" } }),
            ),
        )
        .await;
    assert_eq!(worded["expense"]["version"], 2);
    assert_eq!(family.shares(0, &id).await, json!(["3.34", "3.33", "3.33"]));
    let change = json!({ "id": id, "expectedVersion": 2, "amount": { "amount": "20", "currency": "EUR" } });
    family.people[1].change("updateExpense", change).await;
    // Who has left still bears a part of what was shared then. The second expense's cent went to the second person.
    assert_eq!(family.shares(0, &id).await, json!(["6.67", "6.66", "6.67"]));

    // Nobody who has left is newly chosen.
    let refused = family.people[0]
        .create(family.input("3", "EUR", json!({ "split": { "equal": family.ids(&[0, 2]) } })))
        .await;
    assert_eq!(user_codes(&refused), ["MEMBER_UNKNOWN"]);
    // But may stay in what they were in.
    let kept = json!({ "id": id, "expectedVersion": 3, "split": { "shares": [
        { "memberId": family.people[0].id(), "shares": 1 }, { "memberId": family.people[2].id(), "shares": 3 },
    ] } });
    let changed = family.people[0].change("updateExpense", kept).await;
    assert_eq!(changed["userErrors"], json!([]));
    assert_eq!(family.shares(0, &id).await, json!(["5.00", null, "15.00"]));
}

#[tokio::test]
async fn an_explanation_says_why_each_share_is_what_it_is() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Adult]);
    let split = json!({ "split": { "equal": family.ids(&[0, 1, 2]) } });
    family.people[0]
        .record(family.input("10", "EUR", split.clone()))
        .await;
    let id = family.people[0].record(family.input("10", "EUR", split)).await["id"].clone();
    let selection = "splitExplanation { rule leftoverUnits text shares { whole { amount } fraction gotLeftover absorbedBefore } }";
    let expense = family.expense(1, &id, selection).await.unwrap();
    let share = |got: bool, before: &str| json!({ "whole": { "amount": "3.33" }, "fraction": "1/3", "gotLeftover": got, "absorbedBefore": before });
    let explanation = &expense["splitExplanation"];
    assert_eq!(
        explanation["shares"],
        json!([
            share(false, "0.666666"),
            share(true, "-0.333333"),
            share(false, "-0.333333")
        ])
    );
    assert_eq!(explanation["leftoverUnits"], 1);
    assert!(
        explanation["text"]
            .as_str()
            .unwrap()
            .starts_with("10.00 EUR was split among 3 in equal parts.")
    );
}

#[tokio::test]
async fn a_surprise_is_nowhere_for_those_it_is_hidden_from_until_its_day_begins() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child]);
    let surprise = json!({
        "visibility": "SURPRISE",
        "surprise": { "hiddenFrom": family.ids(&[2]), "revealOn": "2026-12-24" },
        "split": { "equal": family.ids(&[0, 1]) },
    });
    let id = family.people[0].record(family.input("40", "EUR", surprise)).await["id"].clone();
    let private = family.people[0]
        .record(family.input(
            "5",
            "EUR",
            json!({ "visibility": "PRIVATE", "date": "2026-11-24" }),
        ))
        .await["id"]
        .clone();
    let lists = async || {
        let mut lists = Vec::new();
        for place in 0..3 {
            lists.push(listed(&family.tells(place, LIST, json!({})).await));
        }
        lists
    };
    let both = vec![private.clone(), id.clone()];
    assert_eq!(lists().await, [both.clone(), vec![id.clone()], vec![]]);
    assert_eq!(
        family
            .expense(2, &id, "id history { edges { node { version } } }")
            .await,
        None
    );
    let hidden = family.people[2]
        .change("updateExpense", edit(&id, json!({ "notes": "?" })))
        .await;
    assert_eq!(user_codes(&hidden), ["NOT_FOUND"]);
    assert_eq!(family.expense(1, &private, "id").await, None);
    // Only its creator says who sees it.
    let refused = family.people[1]
        .change("updateExpense", edit(&id, json!({ "visibility": null })))
        .await;
    assert_eq!(user_codes(&refused), ["VISIBILITY_INVALID"]);

    // From eight in the morning of 23 November until a second before midnight in Berlin.
    let seconds = 30 * 86_400 + 15 * 3600;
    service.clock.advance(Duration::from_secs(seconds - 1));
    assert_eq!(lists().await[2], Vec::<Value>::new());
    service.clock.advance(Duration::from_secs(1));
    assert_eq!(lists().await, [both, vec![id.clone()], vec![id.clone()]]);
    let seen = family
        .expense(2, &id, "visibility revealOn hiddenFrom { id }")
        .await;
    let expected = json!({ "visibility": "SURPRISE", "revealOn": "2026-12-24", "hiddenFrom": [{ "id": family.people[2].id() }] });
    assert_eq!(seen, Some(expected));
}

#[tokio::test]
async fn a_whole_form_may_be_sent_back_whoever_decides_who_sees_it_and_whenever_it_was_revealed() {
    let service = Service::start().await;
    let mut family = Family::of(&service, &[Owner, Adult, Adult]);
    let shared = family.people[0]
        .record(family.input("5", "EUR", json!({ "idempotencyKey": "shared" })))
        .await["id"]
        .clone();
    let surprise = json!({
        "visibility": "SURPRISE", "surprise": { "hiddenFrom": family.ids(&[2]), "revealOn": "2026-11-24" },
    });
    let hidden = family.people[0]
        .record(family.input("40", "EUR", surprise.clone()))
        .await["id"]
        .clone();
    let saves = async |person: &Person, id: &Value, version: i32, changes: Value| {
        let input = with(json!({ "id": id, "expectedVersion": version }), changes);
        let done = person.change("updateExpense", input).await;
        assert_eq!(user_codes(&done), Vec::<&str>::new());
        done["expense"]["version"].clone()
    };
    let form = json!({ "visibility": "HOUSEHOLD", "notes": "with olives" });
    assert_eq!(saves(&family.people[1], &shared, 1, form).await, 2);
    let form = with(surprise, json!({ "notes": "blue" }));
    assert_eq!(saves(&family.people[1], &hidden, 1, form.clone()).await, 2);
    // Its day comes, and then the one leaves from whom it was hidden.
    service.clock.advance(Duration::from_hours(24));
    let form = with(form, json!({ "notes": "green" }));
    assert_eq!(saves(&family.people[0], &hidden, 2, form.clone()).await, 3);
    family.now_are(&[Some(Owner), Some(Adult), None]);
    let form = with(form, json!({ "notes": "red" }));
    assert_eq!(saves(&family.people[0], &hidden, 3, form).await, 4);
}

#[tokio::test]
async fn somebody_it_was_hidden_from_may_turn_out_to_have_paid_it_once_it_is_revealed() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Adult]);
    let ids = family.ids(&[1, 2]);
    let surprise = json!({
        "visibility": "SURPRISE", "surprise": { "hiddenFrom": [ids[1]], "revealOn": "2026-11-24" },
    });
    let id = family.people[0].record(family.input("40", "EUR", surprise)).await["id"].clone();
    let payers = json!({ "payers": [
        { "memberId": ids[0], "amount": "30" }, { "memberId": ids[1], "amount": "10" },
    ] });
    let early = family.people[1]
        .change("updateExpense", edit(&id, payers.clone()))
        .await;
    assert_eq!(user_codes(&early), ["VISIBILITY_INVALID"]);
    service.clock.advance(Duration::from_hours(24));
    let done = family.people[1].change("updateExpense", edit(&id, payers)).await;
    assert_eq!(user_codes(&done), Vec::<&str>::new());
    assert_eq!(family.shares(2, &id).await, json!([null, "30.00", "10.00"]));
}
