//! What was done offline, sent through the router in one operation, and sent again.

use serde_json::{Value, json};

use super::stack;
use crate::support::unique;

#[tokio::test]
async fn a_batch_that_is_sent_again_is_carried_out_once_and_in_its_order() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;
    let id = stack.expense(&ana, json!({})).await;
    let change = |version: i32, field: &str| {
        let mut input = json!({ "id": id, "expectedVersion": version, "idempotencyKey": unique() });
        if !field.is_empty() {
            input[field] = json!("Rolls");
        }
        input
    };
    let batch = "mutation($one: UpdateExpenseInput!, $two: VoidExpenseInput!, $three: RestoreExpenseInput!, $four: UpdateExpenseInput!) {
        four: updateExpense(input: $one) { userErrors { code } expense { version } }
        three: voidExpense(input: $two) { userErrors { code } expense { version } }
        two: restoreExpense(input: $three) { userErrors { code } expense { version } }
        one: updateExpense(input: $four) { userErrors { code } expense { version } } }";
    let variables = json!({
        "one": change(1, "description"), "two": change(2, ""), "three": change(3, ""), "four": change(4, "notes"),
    });
    let payload = |version: i32| json!({ "userErrors": [], "expense": { "version": version } });
    let expected = |versions: [i32; 4]| {
        let [four, three, two, one] = versions.map(payload);
        json!({ "four": four, "three": three, "two": two, "one": one })
    };
    let made = stack.ask(&ana, batch, variables.clone()).await;
    assert_eq!(*made.data(), expected([2, 3, 4, 5]));
    let again = stack.ask(&ana, batch, variables.clone()).await;
    assert_eq!(*again.data(), expected([5; 4]));

    let query =
        "query($id: ID!) { expense(id: $id) { description notes history { edges { node { version } } } } }";
    let read = stack.ask(&ana, query, json!({ "id": id })).await;
    let expense = &read.data()["expense"];
    assert_eq!(
        (&expense["description"], &expense["notes"]),
        (&json!("Rolls"), &json!("Rolls"))
    );
    let edges: &Value = &expense["history"]["edges"];
    assert_eq!(edges.as_array().unwrap().len(), 5);

    let mut other = variables;
    other["one"]["description"] = json!("Cake");
    let refused = stack.ask(&ana, batch, other).await;
    assert_eq!(
        refused.data()["four"]["userErrors"],
        json!([{ "code": "IDEMPOTENCY_KEY_REUSED" }])
    );
}
