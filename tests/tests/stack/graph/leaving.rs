//! Who leaves is gone everywhere, although no subgraph tells another.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::stack;
use crate::support::{PASSWORD, Stack};

/// Only what never happens takes as long as this.
const DEADLINE: Duration = Duration::from_mins(1);

#[tokio::test]
async fn who_leaves_is_soon_gone_with_all_their_expenses_and_nobody_else_is() {
    let stack = stack().await;
    let (ana, bo) = (stack.newcomer("Ana").await, stack.newcomer("Bo").await);
    stack.expense(&ana, json!({})).await;
    let stays = stack.expense(&bo, json!({})).await;
    // The stack leaves nobody time to change their mind, so the account is due at once.
    let query = "mutation($input: DeleteAccountInput!) { deleteAccount(input: $input) { deletionScheduledAt userErrors { code } } }";
    let input = json!({ "input": { "password": PASSWORD } });
    let answer = stack.ask(&ana, query, input).await;
    assert_eq!(answer.data()["deleteAccount"]["userErrors"], json!([]));

    // Only a forger can still speak for somebody who is gone, and so see what is left of them.
    let forged = {
        let forge = stack.forge();
        let mut claims = forge.claims(ana.id.parse().unwrap());
        claims.sid = constellation_shared::id::SessionId::from_bytes([9; 16]);
        format!("Bearer {}", forge.sign(&forge.header(), &claims))
    };
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { expenses { edges { cursor } } } } }";
    let people = json!({ "r": [{ "__typename": "User", "id": ana.id }] });
    let deadline = Instant::now() + DEADLINE;
    loop {
        let left = crate::support::post(&stack.expense, Some(&forged), query, people.clone()).await;
        if left.data()["_entities"][0]["expenses"]["edges"] == json!([]) {
            break;
        }
        assert!(Instant::now() < deadline, "what they left is still there");
        sleep(Duration::from_millis(100)).await;
    }
    let login = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "email": ana.email, "password": PASSWORD } });
    let refused = stack.anonymous(login, input).await;
    assert_eq!(
        refused.data()["login"]["userErrors"],
        json!([{ "code": "INVALID_CREDENTIALS" }])
    );
    let query = "query($id: ID!) { expense(id: $id) { id } }";
    let kept = Stack::direct(&stack.expense, Some(&bo), query, json!({ "id": stays })).await;
    assert_eq!(kept.data()["expense"]["id"], stays);
}

/// The query as the page of the documentation has it.
fn export_query() -> &'static str {
    let page = include_str!(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/LEAVING.md"));
    let (_, query) = page.split_once("```graphql\n").unwrap();
    query.split_once("```").unwrap().0
}

#[tokio::test]
async fn everything_is_taken_along_from_every_subgraph_and_only_by_its_person() {
    let stack = stack().await;
    let (ana, bo) = (stack.newcomer("Ana").await, stack.newcomer("Bo").await);
    let recorded = stack.expense(&ana, json!({})).await;
    stack.expense(&bo, json!({})).await;
    let answer = stack.ask(&ana, export_query(), json!({})).await;
    let export = &answer.data()["exportMyData"];
    assert_eq!(export["id"], ana.id.as_str());
    assert_eq!(export["account"]["email"], ana.email.as_str());
    let expenses = export["expenses"]["edges"].as_array().unwrap();
    assert_eq!(expenses.len(), 1, "{expenses:?}");
    assert_eq!(expenses[0]["node"]["id"], recorded);
    assert_eq!(
        expenses[0]["node"]["history"]["edges"][0]["node"]["kind"],
        "CREATED"
    );
    assert_eq!(export["sessions"]["edges"].as_array().unwrap().len(), 1);
    let refused = stack.anonymous(export_query(), json!({})).await;
    assert_eq!(refused.body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED");
}
