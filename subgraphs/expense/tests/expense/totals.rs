use constellation_shared::household::Role::{Adult, Child, Owner};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::family::Family;
use crate::model::{filter, record_all, rows, totals};
use crate::support::{Person, Service, bread, codes, with};

const TOTALS: &str = "expenseTotals(filter: $filter, groupBy: $groupBy, compare: $compare) {
    category merchant tag member { id } month year count total { amount currency }
    earlier { count total { amount currency } change { amount currency } } }";
const GROUPINGS: [&str; 7] = [
    "CATEGORY", "MERCHANT", "TAG", "MEMBER", "MONTH", "YEAR", "CURRENCY",
];

async fn spend(ana: &Person, amount: &str, currency: &str, rest: Value) {
    let amount = json!({ "amount": amount, "currency": currency });
    ana.record(with(with(bread(), json!({ "amount": amount })), rest))
        .await;
}

#[test]
fn totals_are_the_exact_sums_of_what_the_filter_means() {
    let runtime = Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 80,
        failure_persistence: None,
        ..Config::default()
    });
    let sample = rows(80..81).new_tree(&mut runner).unwrap().current();
    let (ana, all) = runtime.block_on(async {
        let ana = Service::start().await.person();
        let all = record_all(&ana, sample).await;
        (ana, all)
    });
    let cases = (filter(), select(&GROUPINGS[..]));
    runner
        .run(&cases, |(filter, grouping)| {
            let variables = json!({ "filter": filter.json(), "groupBy": grouping });
            let me = runtime.block_on(ana.me(TOTALS, variables));
            prop_assert_eq!(
                &me["expenseTotals"],
                &totals(&all, &ana.id(), &filter, grouping, None)
            );
            Ok(())
        })
        .unwrap();
}

#[test]
fn two_months_are_compared_group_by_group() {
    let runtime = Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config {
        cases: 60,
        failure_persistence: None,
        ..Config::default()
    });
    let sample = rows(60..61).new_tree(&mut runner).unwrap().current();
    let (ana, all) = runtime.block_on(async {
        let ana = Service::start().await.person();
        let all = record_all(&ana, sample).await;
        (ana, all)
    });
    let groupings: Vec<&str> = GROUPINGS
        .into_iter()
        .filter(|grouping| !["MONTH", "YEAR"].contains(grouping))
        .collect();
    let months = select(
        &[
            ("2026-01", "2025-12", false),
            ("2026-02", "2025-12", true),
            ("2026-03", "2026-02", false),
        ][..],
    );
    runner
        .run(
            &(filter(), select(groupings), months),
            |(filter, grouping, (month, with, named))| {
                let filter = filter.of_all_days();
                let mut compare = json!({ "month": month });
                if named {
                    compare["with"] = json!(with);
                }
                let variables = json!({ "filter": filter.json(), "groupBy": grouping, "compare": compare });
                let me = runtime.block_on(ana.me(TOTALS, variables));
                let expected = totals(&all, &ana.id(), &filter, grouping, Some((month, with)));
                prop_assert_eq!(&me["expenseTotals"], &expected);
                Ok(())
            },
        )
        .unwrap();
}

#[tokio::test]
async fn a_comparison_that_makes_no_sense_is_refused_with_the_argument_named() {
    let ana = Service::start().await.person();
    for (variables, argument) in [
        (
            json!({ "groupBy": "MONTH", "compare": { "month": "2026-01" } }),
            "groupBy",
        ),
        (
            json!({ "groupBy": "YEAR", "compare": { "month": "2026-01" } }),
            "groupBy",
        ),
        (
            json!({ "groupBy": "TAG", "compare": { "month": "2026-1" } }),
            "compare.month",
        ),
        (
            json!({ "groupBy": "TAG", "compare": { "month": "1000-01" } }),
            "compare.month",
        ),
        (
            json!({ "groupBy": "TAG", "compare": { "month": "2026-01", "with": "January" } }),
            "compare.with",
        ),
        (
            json!({ "groupBy": "TAG", "compare": { "month": "2026-01", "with": "2026-01" } }),
            "compare.with",
        ),
        (
            json!({ "groupBy": "TAG", "compare": { "month": "2026-01" }, "filter": { "dateTo": "2026-01-05" } }),
            "filter",
        ),
    ] {
        let answer = ana.ask_about(&ana.id(), TOTALS, variables.clone()).await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"], "{variables}");
        assert_eq!(answer.errors[0]["extensions"]["argument"], argument);
    }
}

#[tokio::test]
async fn totals_are_exact_to_the_edge_of_int64_and_beyond() {
    let service = Service::start().await;
    let ana = service.person();
    for (currency, almost, rest, largest, beyond) in [
        (
            "JPY",
            "9223372036854775806",
            "1",
            "9223372036854775807",
            "18446744073709551613",
        ),
        (
            "EUR",
            "92233720368547758.06",
            "0.01",
            "92233720368547758.07",
            "184467440737095516.13",
        ),
        (
            "KWD",
            "9223372036854775.806",
            "0.001",
            "9223372036854775.807",
            "18446744073709551.613",
        ),
    ] {
        spend(&ana, almost, currency, json!({})).await;
        spend(&ana, rest, currency, json!({})).await;
        let variables = json!({ "groupBy": "CURRENCY", "filter": { "currency": currency } });
        let me = ana.me(TOTALS, variables.clone()).await;
        assert_eq!(
            me["expenseTotals"][0]["total"],
            json!({ "amount": largest, "currency": currency })
        );

        spend(&ana, almost, currency, json!({})).await;
        let me = ana.me(TOTALS, variables).await;
        assert_eq!(
            me["expenseTotals"][0]["total"],
            json!({ "amount": beyond, "currency": currency })
        );
    }
    let all = ana.me(TOTALS, json!({ "groupBy": "CURRENCY" })).await;
    assert_eq!(all["expenseTotals"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn categories_that_differ_only_in_case_are_one_total_and_none_comes_last() {
    let ana = Service::start().await.person();
    for (amount, category) in [
        ("1", Some("travel")),
        ("2", None),
        ("3", Some("Travel")),
        ("4", Some("Food")),
    ] {
        spend(&ana, amount, "EUR", json!({ "category": category })).await;
    }
    let me = ana.me(TOTALS, json!({ "groupBy": "CATEGORY" })).await;
    let total = |category: Value, amount: &str, count: i32| {
        json!({
            "category": category, "merchant": null, "tag": null, "member": null, "month": null, "year": null,
            "count": count, "total": { "amount": amount, "currency": "EUR" }, "earlier": null,
        })
    };
    let expected = json!([
        total(json!("Food"), "4.00", 1),
        total(json!("Travel"), "4.00", 2),
        total(Value::Null, "2.00", 1),
    ]);
    assert_eq!(me["expenseTotals"], expected);
}

#[tokio::test]
async fn a_household_sums_up_what_each_member_may_see() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child]);
    let [ana, ben, kim] = [0, 1, 2].map(|place| family.people[place].id());
    let shared = json!({ "split": { "equal": [ana, ben, kim] }, "category": "Food" });
    family.people[0]
        .record(family.input("10.00", "EUR", shared))
        .await;
    let surprise = json!({
        "split": { "equal": [ana, ben] }, "category": "Gifts",
        "visibility": "SURPRISE", "surprise": { "hiddenFrom": [kim], "revealOn": "2026-12-24" },
    });
    family.people[0]
        .record(family.input("5.00", "EUR", surprise))
        .await;
    let private = json!({ "visibility": "PRIVATE", "category": "Books" });
    family.people[1]
        .record(family.input("2.00", "EUR", private))
        .await;

    let selection = "totals(groupBy: $groupBy) { category member { id } count total { amount } }";
    let seen = async |place: usize, grouping: &str| -> Vec<Value> {
        let told = family
            .tells(place, selection, json!({ "groupBy": grouping }))
            .await;
        let totals = told["totals"].as_array().unwrap().iter();
        totals
            .map(|total| {
                let name = if grouping == "MEMBER" {
                    &total["member"]["id"]
                } else {
                    &total["category"]
                };
                json!([name, total["total"]["amount"], total["count"]])
            })
            .collect()
    };
    let food = json!(["Food", "10.00", 1]);
    let gifts = json!(["Gifts", "5.00", 1]);
    let books = json!(["Books", "2.00", 1]);
    assert_eq!(seen(0, "CATEGORY").await, [food.clone(), gifts.clone()]);
    assert_eq!(
        seen(1, "CATEGORY").await,
        [books.clone(), food.clone(), gifts.clone()]
    );
    assert_eq!(seen(2, "CATEGORY").await, std::slice::from_ref(&food));
    let sum = |totals: Vec<Value>| -> i64 {
        let amounts = totals.iter().map(|total| total[1].as_str().unwrap());
        amounts
            .map(|amount| amount.replace('.', "").parse::<i64>().unwrap())
            .sum()
    };
    for (place, expected) in [(0, 1500), (1, 1700), (2, 1000)] {
        assert_eq!(sum(seen(place, "MEMBER").await), expected, "{place}");
        assert_eq!(sum(seen(place, "CURRENCY").await), expected, "{place}");
    }

    service.clock.advance(std::time::Duration::from_hours(24 * 31));
    assert_eq!(seen(2, "CATEGORY").await, [food, gifts]);
    let stranger = service.person();
    let answer = family
        .asked(&stranger, selection, json!({ "groupBy": "CURRENCY" }))
        .await;
    assert_eq!(answer.data["_entities"], json!([null]));
}
