//! What a list costs, and what it refuses.

use constellation_shared::household::Role::{Adult, Owner};
use serde_json::json;

use crate::family::Family;
use crate::plans;
use crate::support::{Person, Service, bread, codes, with};

const LIST: &str = "expenses(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { id } } pageInfo { hasNextPage hasPreviousPage } }";

#[tokio::test]
async fn the_latest_day_comes_first_and_pages_have_twenty_unless_asked() {
    let ana = Service::start().await.person();
    for day in 1..=25 {
        ana.record(with(bread(), json!({ "date": format!("2026-11-{day:02}") })))
            .await;
    }
    let me = ana.me("expenses { edges { node { date } } }", json!({})).await;
    let dates: Vec<&str> = me["expenses"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| edge["node"]["date"].as_str().unwrap())
        .collect();
    let expected: Vec<String> = (6..=25).rev().map(|day| format!("2026-11-{day:02}")).collect();
    assert_eq!(dates, expected);
}

#[tokio::test]
async fn arguments_that_make_no_sense_are_refused_by_name() {
    let ana = Service::start().await.person();
    ana.record(bread()).await;
    let by_amount = json!({ "field": "AMOUNT", "direction": "DESC" });
    let me = ana.me(LIST, json!({ "first": 1 })).await;
    let cursor = me["expenses"]["edges"][0]["cursor"].clone();
    let cases = [
        (json!({ "first": 101 }), "first"),
        (json!({ "first": -1 }), "first"),
        (json!({ "last": 101 }), "last"),
        (json!({ "last": -1 }), "last"),
        (json!({ "first": 1, "last": 1 }), "last"),
        (json!({ "after": "nonsense" }), "after"),
        (json!({ "before": "" }), "before"),
        (json!({ "after": cursor, "orderBy": by_amount }), "after"),
        (
            json!({ "before": cursor, "orderBy": { "field": "DATE", "direction": "ASC" } }),
            "before",
        ),
        (
            json!({ "filter": { "dateFrom": "2026-02-01", "dateTo": "2026-01-01" } }),
            "filter.dateFrom",
        ),
        (json!({ "filter": { "text": "x".repeat(101) } }), "filter.text"),
        (json!({ "filter": { "text": "a\u{0}b" } }), "filter.text"),
        (json!({ "filter": { "categories": [" "] } }), "filter.categories"),
        (json!({ "filter": { "tags": ["x".repeat(51)] } }), "filter.tags"),
        (
            json!({ "filter": { "amount": { "currency": "JPY", "min": "0.5" } } }),
            "filter.amount.min",
        ),
        (
            json!({ "filter": { "amount": { "currency": "EUR", "min": "2", "max": "1" } } }),
            "filter.amount.min",
        ),
    ];
    for (arguments, named) in cases {
        let answer = ana.ask_about(&ana.id(), LIST, arguments.clone()).await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"], "{arguments}");
        assert_eq!(answer.errors[0]["extensions"]["argument"], named, "{arguments}");
    }
}

#[tokio::test]
async fn a_query_that_could_become_huge_is_refused() {
    let ana = Service::start().await.person();
    let selection =
        "expenses(first: 100) { edges { node { history(first: 100) { edges { node { version } } } } } }";
    let answer = ana.ask_about(&ana.id(), selection, json!({})).await;
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
    // A full page of everything but histories passes.
    let selection = format!(
        "expenses(first: 100) {{ edges {{ cursor node {{ {} }} }} }}",
        crate::support::EXPENSE
    );
    ana.me(&selection, json!({})).await;
}

async fn record_some(ana: &Person) {
    for n in 1..=6 {
        let amount = json!({ "amount": format!("{}.00", n % 3 + 1), "currency": if n % 2 == 0 { "EUR" } else { "USD" } });
        ana.record(with(
            bread(),
            json!({ "amount": amount, "date": format!("2026-11-{n:02}") }),
        ))
        .await;
    }
}

#[tokio::test]
async fn every_list_is_read_off_an_index_and_never_sorted_in_memory() {
    let service = Service::start().await;
    let ana = service.person();
    record_some(&ana).await;
    for (field, direction) in [
        ("DATE", "DESC"),
        ("DATE", "ASC"),
        ("AMOUNT", "DESC"),
        ("AMOUNT", "ASC"),
    ] {
        let order = json!({ "field": field, "direction": direction });
        let whole = ana.me(LIST, json!({ "orderBy": order })).await;
        let cursor = |place: usize| whole["expenses"]["edges"][place]["cursor"].clone();
        for filter in [
            json!({}),
            json!({ "voided": "INCLUDE" }),
            json!({ "voided": "ONLY" }),
            json!({ "dateFrom": "2026-11-02", "dateTo": "2026-11-05" }),
            json!({ "currency": "EUR", "text": "bread", "tags": ["x"], "categories": ["y", null] }),
        ] {
            for part in [
                json!({ "first": 2 }),
                json!({ "last": 2 }),
                json!({ "first": 2, "after": cursor(1) }),
                json!({ "last": 2, "before": cursor(4) }),
                json!({ "first": 2, "after": cursor(0), "before": cursor(5) }),
            ] {
                let arguments = with(part, json!({ "filter": filter, "orderBy": order }));
                let (commands, _) = service.commands_of(ana.me(LIST, arguments.clone())).await;
                assert!((1..=3).contains(&commands.len()), "{commands:?}");
                for command in commands {
                    let stages = plans::stages(&service, &command).await;
                    let has = |stage: &str| stages.iter().any(|found| found == stage);
                    assert!(has("IXSCAN"), "{arguments}: {stages:?}");
                    assert!(!has("SORT") && !has("COLLSCAN"), "{arguments}: {stages:?}");
                }
            }
        }
    }
}

#[tokio::test]
async fn a_page_reads_no_more_of_the_index_than_it_holds_however_deep_it_is() {
    let service = Service::start().await;
    let ana = service.person();
    for n in 0..60 {
        // Half on one day and of one amount, where only the id tells them apart.
        let day = if n % 2 == 0 { 15 } else { n % 28 + 1 };
        ana.record(with(bread(), json!({ "date": format!("2026-10-{day:02}") })))
            .await;
    }
    for field in ["DATE", "AMOUNT"] {
        let order = json!({ "field": field, "direction": "DESC" });
        let whole = ana.me(LIST, json!({ "first": 60, "orderBy": order })).await;
        for place in [0, 20, 50] {
            let after = whole["expenses"]["edges"][place]["cursor"].clone();
            let arguments = json!({ "first": 5, "after": after, "orderBy": order });
            let (commands, _) = service.commands_of(ana.me(LIST, arguments)).await;
            let examined = plans::examined(&service, &commands[0]).await;
            assert!(examined.keys <= 12, "{field} {place}: {examined:?}");
            assert!(examined.documents <= 8, "{field} {place}: {examined:?}");
        }
    }
}

#[tokio::test]
async fn totals_are_summed_up_from_an_index_without_reading_the_expenses() {
    let service = Service::start().await;
    let ana = service.person();
    record_some(&ana).await;
    let totals = "expenseTotals(filter: $filter, groupBy: $groupBy, convert: $convert) { count }";
    for group in ["CATEGORY", "MERCHANT", "MONTH", "YEAR", "CURRENCY"] {
        for filter in [
            json!({}),
            json!({ "voided": "INCLUDE" }),
            json!({ "dateFrom": "2026-11-02", "currency": "EUR" }),
        ] {
            for convert in [false, true] {
                let arguments = json!({ "groupBy": group, "filter": filter, "convert": convert });
                let (commands, _) = service.commands_of(ana.me(totals, arguments)).await;
                assert_eq!(commands.len(), 1);
                let stages = plans::stages(&service, &commands[0]).await;
                let has = |stage: &str| stages.iter().any(|found| found == stage);
                assert!(
                    has("IXSCAN") && !has("FETCH") && !has("SORT"),
                    "{group} {filter} {convert}: {stages:?}"
                );
            }
        }
    }
}

#[tokio::test]
async fn what_all_of_a_household_see_is_summed_up_without_reading_it() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    for n in 1..=6 {
        let input = family.input("3.00", "EUR", json!({ "merchant": format!("Shop {n}") }));
        family.people[0].record(input).await;
    }
    let hidden = json!({ "visibility": "PRIVATE" });
    family.people[1].record(family.input("2.00", "EUR", hidden)).await;
    let totals = "totals(filter: $filter, groupBy: $groupBy, compare: $compare, convert: $convert) { count }";
    for (place, documents) in [(0, 1), (1, 1)] {
        for arguments in [
            json!({ "groupBy": "CATEGORY", "convert": false }),
            json!({ "groupBy": "MERCHANT", "filter": { "currency": "EUR" }, "convert": true }),
            json!({ "groupBy": "CURRENCY", "compare": { "month": "2026-11" }, "convert": true }),
        ] {
            let (commands, _) = service
                .commands_of(family.tells(place, totals, arguments.clone()))
                .await;
            assert_eq!(commands.len(), 1);
            let stages = plans::stages(&service, &commands[0]).await;
            let has = |stage: &str| stages.iter().any(|found| found == stage);
            assert!(has("IXSCAN") && !has("SORT") && !has("COLLSCAN"), "{stages:?}");
            // Only what is hidden from somebody is read, to see whether it is from this one.
            let examined = plans::examined(&service, &commands[0]).await;
            assert_eq!(examined.documents, documents, "{arguments}: {stages:?}");
        }
    }
}

#[tokio::test]
async fn a_search_for_accents_alone_does_not_find_everything() {
    let ana = Service::start().await.person();
    ana.record(bread()).await;
    for text in ["\u{301}", " \u{301}\u{308} ", "\u{200b}"] {
        let selection = "expenses(filter: $filter) { edges { node { id } } }";
        let answer = ana
            .ask_about(&ana.id(), selection, json!({ "filter": { "text": text } }))
            .await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"], "{text:?}");
        assert_eq!(answer.errors[0]["extensions"]["argument"], "filter.text");
    }
}
