use proptest::prelude::*;
use proptest::sample::select;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

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
