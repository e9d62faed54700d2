//! What is one person's is nobody else's, by whatever path they come.

use serde_json::{Value, json};

use super::stack;
use crate::support::{Person, Stack};

const NO_SUCH: &str = "00000000-0000-7000-8000-000000000000";

/// Each mutation of one expense, as somebody would aim it at another's.
fn mutations(id: &str) -> [(&'static str, &'static str, Value); 3] {
    [
        (
            "updateExpense",
            "mutation($input: UpdateExpenseInput!) { updateExpense(input: $input) { expense { id } userErrors { code } } }",
            json!({ "input": { "id": id, "expectedVersion": 1, "description": "Mine now" } }),
        ),
        (
            "voidExpense",
            "mutation($input: VoidExpenseInput!) { voidExpense(input: $input) { expense { id } userErrors { code } } }",
            json!({ "input": { "id": id, "expectedVersion": 1 } }),
        ),
        (
            "restoreExpense",
            "mutation($input: RestoreExpenseInput!) { restoreExpense(input: $input) { expense { id } userErrors { code } } }",
            json!({ "input": { "id": id, "expectedVersion": 1 } }),
        ),
    ]
}

#[tokio::test]
async fn anothers_expense_and_one_that_never_was_get_the_same_answers() {
    let stack = stack().await;
    let (ana, bo) = (stack.newcomer("Ana").await, stack.newcomer("Bo").await);
    let hers = stack.expense(&ana, json!({})).await;

    let mut answers = Vec::new();
    for id in [hers.as_str(), NO_SUCH] {
        let read = stack
            .ask(
                &bo,
                "query($id: ID!) { expense(id: $id) { id } }",
                json!({ "id": id }),
            )
            .await;
        assert_eq!(read.codes(), ["NOT_FOUND"]);
        assert_eq!(read.body["data"], json!({ "expense": null }));
        let mut bodies = vec![read.body];
        for (name, mutation, variables) in mutations(id) {
            let answer = stack.ask(&bo, mutation, variables).await;
            assert_eq!(answer.data()[name]["expense"], json!(null));
            assert_eq!(
                answer.data()[name]["userErrors"],
                json!([{ "code": "NOT_FOUND" }])
            );
            bodies.push(answer.body);
        }
        answers.push(bodies);
    }
    assert_eq!(answers[0], answers[1]);

    let untouched = stack
        .ask(
            &ana,
            "query($id: ID!) { expense(id: $id) { description version voidedAt } }",
            json!({ "id": hers }),
        )
        .await;
    assert_eq!(
        untouched.data()["expense"],
        json!({ "description": "Bread and cheese", "version": 1, "voidedAt": null })
    );
}

#[tokio::test]
async fn a_subgraph_that_is_asked_directly_gives_entities_only_to_those_who_may_see_them() {
    let stack = stack().await;
    let (ana, bo) = (stack.newcomer("Ana").await, stack.newcomer("Bo").await);
    let hers = stack.expense(&ana, json!({})).await;
    let expenses = json!([{ "__typename": "Expense", "id": hers }]);
    let people = json!([{ "__typename": "User", "id": ana.id }]);

    let ask = async |url: &str, person: Option<&Person>, fields: &str, representations: &Value| {
        let query = format!("query($r: [_Any!]!) {{ _entities(representations: $r) {{ {fields} }} }}");
        Stack::direct(url, person, &query, json!({ "r": representations })).await
    };
    for other in [None, Some(&bo)] {
        let expense = ask(
            &stack.expense,
            other,
            "... on Expense { id description }",
            &expenses,
        )
        .await;
        assert_eq!(expense.body["data"], json!({ "_entities": [null] }));
        let account = ask(
            &stack.auth,
            other,
            "... on User { id email displayName }",
            &people,
        )
        .await;
        assert_eq!(account.body["data"], json!({ "_entities": [null] }));
        let list = ask(
            &stack.expense,
            other,
            "... on User { expenses { edges { node { id } } } }",
            &people,
        )
        .await;
        assert!(!list.body.to_string().contains(&hers), "{}", list.body);
        let totals = ask(
            &stack.expense,
            other,
            "... on User { expenseTotals(groupBy: CURRENCY) { count } }",
            &people,
        )
        .await;
        assert!(!totals.body.to_string().contains("count"), "{}", totals.body);
    }
    let own = ask(&stack.expense, Some(&ana), "... on Expense { id }", &expenses).await;
    assert_eq!(own.data(), &json!({ "_entities": [{ "id": hers }] }));
}

#[tokio::test]
async fn an_anonymous_caller_is_told_to_sign_in() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;
    let hers = stack.expense(&ana, json!({})).await;
    let read = stack
        .anonymous(
            "query($id: ID!) { expense(id: $id) { id } }",
            json!({ "id": hers }),
        )
        .await;
    assert_eq!(read.codes(), ["UNAUTHENTICATED"]);
    for (_, mutation, variables) in mutations(&hers) {
        assert_eq!(
            stack.anonymous(mutation, variables).await.codes(),
            ["UNAUTHENTICATED"]
        );
    }
}
