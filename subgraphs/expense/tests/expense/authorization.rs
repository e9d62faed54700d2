use serde_json::{Value, json};

use crate::support::{Person, Service, bread, codes, user_codes};

const EXPENSES: &str =
    "expenses { edges { node { id } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } }";
const TOTALS: &str = "expenseTotals(groupBy: CURRENCY) { count total { amount } }";

fn nobodys() -> [String; 3] {
    // One that could be, one that is no UUID, one in a form that is not ours.
    [
        "01920000-0000-7000-8000-00000000ffff".into(),
        "expense-1".into(),
        "01920000000070008000000000000001".into(),
    ]
}

/// What `ben` hears about ids: that of `ana`'s expense must not differ from those of nothing.
async fn the_same_for_all<T: PartialEq + std::fmt::Debug>(ids: &[String], ask: impl AsyncFn(&str) -> T) -> T {
    let first = ask(&ids[0]).await;
    for id in &ids[1..] {
        assert_eq!(ask(id).await, first, "{id}");
    }
    first
}

async fn expense_of(ana: &Person) -> (String, Vec<String>) {
    let id = ana.record(bread()).await["id"].as_str().unwrap().to_owned();
    let mut ids = vec![id.clone()];
    ids.extend(nobodys());
    (id, ids)
}

#[tokio::test]
async fn another_persons_expense_is_like_none_by_every_path() {
    let service = Service::start().await;
    let (ana, ben) = (service.person(), service.person());
    let (id, ids) = expense_of(&ana).await;

    let query = "query($id: ID!) { expense(id: $id) { id history { edges { node { version } } } } }";
    let answer = the_same_for_all(&ids, async |id| ben.ask(query, json!({ "id": id })).await).await;
    assert_eq!(codes(&answer), ["NOT_FOUND"]);
    assert_eq!(answer.data, json!({ "expense": null }));

    for mutation in ["updateExpense", "voidExpense", "restoreExpense"] {
        for version in [1, 2] {
            let payload = the_same_for_all(&ids, async |id| {
                ben.change(mutation, json!({ "id": id, "expectedVersion": version }))
                    .await
            })
            .await;
            assert_eq!(user_codes(&payload), ["NOT_FOUND"], "{mutation}");
            assert_eq!(payload["expense"], Value::Null);
            assert_eq!(payload["userErrors"][0]["path"], json!(["input", "id"]));
        }
    }

    let answer = ben.entities("Expense", &ids, "id description").await;
    assert_eq!(answer.data, json!({ "_entities": [null, null, null, null] }));
    assert_eq!(answer.errors, Vec::<Value>::new());

    // And it is untouched.
    let read = ana
        .get(
            "query($id: ID!) { expense(id: $id) { version voidedAt } }",
            json!({ "id": id }),
        )
        .await;
    assert_eq!(read["expense"], json!({ "version": 1, "voidedAt": null }));
}

#[tokio::test]
async fn of_another_person_there_are_no_expenses_and_no_totals() {
    let service = Service::start().await;
    let (ana, ben) = (service.person(), service.person());
    ana.record(bread()).await;
    let (commands, answer) = service
        .commands_of(ben.ask_about(&ana.id(), &format!("id {EXPENSES} {TOTALS}"), json!({})))
        .await;
    let nothing =
        json!({ "hasNextPage": false, "hasPreviousPage": false, "startCursor": null, "endCursor": null });
    let expected =
        json!({ "id": ana.id(), "expenses": { "edges": [], "pageInfo": nothing }, "expenseTotals": [] });
    assert_eq!(answer.data["_entities"], json!([expected]));
    assert_eq!(answer.errors, Vec::<Value>::new());
    assert_eq!(commands, [], "the database is not even asked");
}

#[tokio::test]
async fn an_anonymous_caller_gets_nothing_private() {
    let service = Service::start().await;
    let (ana, nobody) = (service.person(), service.anonymous());
    let (id, _) = expense_of(&ana).await;

    let answer = nobody
        .ask("query($id: ID!) { expense(id: $id) { id } }", json!({ "id": id }))
        .await;
    assert_eq!(codes(&answer), ["UNAUTHENTICATED"]);
    assert_eq!(answer.data, json!({ "expense": null }));

    for selection in [EXPENSES, TOTALS] {
        let answer = nobody.ask_about(&ana.id(), selection, json!({})).await;
        assert_eq!(codes(&answer), ["UNAUTHENTICATED"]);
        assert_eq!(answer.data, json!({ "_entities": [null] }));
    }
    let (commands, answer) = service
        .commands_of(nobody.entities("Expense", &[id], "id description"))
        .await;
    assert_eq!(answer.data, json!({ "_entities": [null] }));
    assert_eq!(commands, []);

    for (mutation, input) in [
        ("createExpense", bread()),
        ("updateExpense", json!({ "id": "x", "expectedVersion": 1 })),
        ("voidExpense", json!({ "id": "x", "expectedVersion": 1 })),
        ("restoreExpense", json!({ "id": "x", "expectedVersion": 1 })),
    ] {
        let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let query =
            format!("mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ expense {{ id }} }} }}");
        let answer = nobody.ask(&query, json!({ "input": input })).await;
        assert_eq!(codes(&answer), ["UNAUTHENTICATED"], "{mutation}");
        assert_eq!(answer.data, Value::Null, "{mutation}");
    }
}

#[tokio::test]
async fn what_a_mutation_changed_is_seen_by_what_the_same_request_reads_next() {
    let ana = Service::start().await.person();
    let first = ana.record(bread()).await;
    let query = "mutation($one: UpdateExpenseInput!, $two: UpdateExpenseInput!) {
        one: updateExpense(input: $one) { expense { version history { edges { node { version } } } } }
        two: updateExpense(input: $two) { expense { version history { edges { node { version } } } } } }";
    let edit = |version: i32, text: &str| json!({ "id": first["id"], "expectedVersion": version, "description": text });
    let both = ana
        .get(query, json!({ "one": edit(1, "Rolls"), "two": edit(2, "Cake") }))
        .await;
    assert_eq!(
        both["one"]["expense"]["history"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        2
    );
    assert_eq!(
        both["two"]["expense"]["history"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        3
    );
}
