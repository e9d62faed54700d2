//! The first thing that anybody does with this.

use serde_json::json;

use super::stack;

#[tokio::test]
async fn a_person_signs_up_signs_in_records_an_expense_and_reads_it_back_in_one_federated_query() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;

    let login = stack
        .anonymous(
            "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken tokenType expiresIn } userErrors { code } } }",
            json!({ "input": { "email": ana.email, "password": crate::support::PASSWORD, "deviceName": "Tablet" } }),
        )
        .await;
    assert_eq!(login.data()["login"]["userErrors"], json!([]));
    assert_eq!(login.data()["login"]["tokens"]["tokenType"], "Bearer");

    let id = stack
        .expense(&ana, json!({ "amount": { "amount": "0.10", "currency": "KWD" }, "category": "Groceries", "tags": ["market"] }))
        .await;
    let answer = stack
        .ask(
            &ana,
            "{ me { displayName email expenses(first: 10) { edges { node {
                id description date category tags version amount { amount currency } owner { id displayName } } }
                pageInfo { hasNextPage } } } }",
            json!({}),
        )
        .await;
    assert_eq!(
        answer.data()["me"],
        json!({
            "displayName": "Ana",
            "email": ana.email,
            "expenses": {
                "edges": [{ "node": {
                    "id": id,
                    "description": "Bread and cheese",
                    "date": "2026-01-31",
                    "category": "Groceries",
                    "tags": ["market"],
                    "version": 1,
                    "amount": { "amount": "0.100", "currency": "KWD" },
                    "owner": { "id": ana.id, "displayName": "Ana" },
                } }],
                "pageInfo": { "hasNextPage": false },
            },
        })
    );
}

#[tokio::test]
async fn me_is_nobody_without_a_token_and_that_is_no_error() {
    let stack = stack().await;
    assert_eq!(
        stack.anonymous("{ me { id } }", json!({})).await.data(),
        &json!({ "me": null })
    );
}
