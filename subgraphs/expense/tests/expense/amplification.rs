//! What one request may ask for does not grow with the number of things that it names.

use serde_json::{Value, json};

use crate::support::{Answer, Service, bread, codes, with};

fn assert_refused(answer: &Answer, argument: &str) {
    assert!(!answer.errors.is_empty());
    for error in &answer.errors {
        assert_eq!(error["extensions"]["code"], "BAD_USER_INPUT", "{error}");
        assert_eq!(error["extensions"]["argument"], argument, "{error}");
    }
}

#[tokio::test]
async fn a_person_named_a_thousand_times_is_not_answered_a_thousand_times() {
    let ana = Service::start().await.person();
    for _ in 0..3 {
        ana.record(with(bread(), json!({ "notes": "x".repeat(2000) })))
            .await;
    }
    let selection = "id expenses(first: 90) { edges { node { id notes } } }";
    let answer = ana.entities("User", &vec![ana.id(); 1000], selection).await;
    assert_refused(&answer, "representations");
    assert!(answer.data.to_string().len() < 1_000_000);
}

#[tokio::test]
async fn an_expense_named_often_is_not_answered_with_thousands_of_aliases_each() {
    let ana = Service::start().await.person();
    let expense = ana
        .record(with(bread(), json!({ "notes": "x".repeat(2000) })))
        .await;
    let aliases = (0..1500)
        .map(|n| format!("n{n}: notes"))
        .collect::<Vec<_>>()
        .join(" ");
    let ids = vec![expense["id"].as_str().unwrap().to_owned(); 500];
    let answer = ana.entities("Expense", &ids, &aliases).await;
    assert_refused(&answer, "representations");
    let answered = answer.data["_entities"]
        .as_array()
        .map_or(0, |all| all.iter().filter(|one| !one.is_null()).count());
    assert!(answered <= 6, "{answered} were answered");
}

#[tokio::test]
async fn the_lists_of_one_request_have_ten_thousand_items_at_most() {
    let ana = Service::start().await.person();
    let expense = ana.record(bread()).await;
    let people = |count| vec![ana.id(); count];
    let list = "expenses(first: 100) { pageInfo { hasNextPage } }";
    assert_eq!(
        ana.entities("User", &people(100), list).await.errors,
        Vec::<Value>::new()
    );
    assert_refused(&ana.entities("User", &people(101), list).await, "first");
    let from_the_end = "expenses(last: 100) { pageInfo { hasNextPage } }";
    assert_refused(&ana.entities("User", &people(101), from_the_end).await, "last");

    let ids = |count| vec![expense["id"].as_str().unwrap().to_owned(); count];
    let history = "history(first: 100) { pageInfo { hasNextPage } }";
    assert_eq!(
        ana.entities("Expense", &ids(100), history).await.errors,
        Vec::<Value>::new()
    );
    assert_refused(&ana.entities("Expense", &ids(101), history).await, "first");
}

#[tokio::test]
async fn totals_count_as_items_of_lists() {
    let ana = Service::start().await.person();
    for n in 0..101 {
        ana.record(with(bread(), json!({ "category": format!("Category {n}") })))
            .await;
    }
    let totals = "expenseTotals(groupBy: CATEGORY) { count }";
    assert_eq!(
        ana.entities("User", &vec![ana.id(); 99], totals).await.errors,
        Vec::<Value>::new()
    );
    assert_refused(
        &ana.entities("User", &vec![ana.id(); 100], totals).await,
        "filter",
    );
}

#[tokio::test]
async fn a_page_that_is_too_long_is_told_so_however_long_it_is() {
    let ana = Service::start().await.person();
    for (size, argument) in [(101, "first"), (i32::MAX, "first"), (i32::MAX, "last")] {
        let selection = format!("expenses(${argument}) {{ edges {{ node {{ id amount {{ amount }} }} }} }}")
            .replace('$', &format!("{argument}: $"));
        let answer = ana
            .ask_about(&ana.id(), &selection, json!({ argument: size }))
            .await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
        assert_eq!(answer.errors[0]["extensions"]["argument"], argument);
        assert!(
            answer.errors[0]["message"]
                .as_str()
                .unwrap()
                .contains("from 0 to 100")
        );
    }
}
