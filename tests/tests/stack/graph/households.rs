//! Who belongs to a household, and who does not any more, is known everywhere within seconds.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::stack;
use crate::support::{Person, Stack};

/// Only what never happens takes as long as this.
const DEADLINE: Duration = Duration::from_mins(1);

/// The statuses with which all services take this person's token.
async fn statuses(stack: &Stack, person: &Person) -> Vec<u16> {
    let mut statuses = Vec::new();
    for url in [&stack.router, &stack.auth, &stack.expense] {
        let answer = Stack::direct(url, Some(person), "{ __typename }", json!({})).await;
        statuses.push(answer.status);
    }
    statuses
}

async fn is_refused_everywhere(stack: &Stack, person: &Person) {
    let deadline = Instant::now() + DEADLINE;
    while statuses(stack, person).await != [401, 401, 401] {
        assert!(
            Instant::now() < deadline,
            "a token that tells of old households still works"
        );
        sleep(Duration::from_millis(50)).await;
    }
}

async fn households(stack: &Stack, person: &Person) -> usize {
    let answer = stack.ask(person, "{ me { households { id } } }", json!({})).await;
    answer.data()["me"]["households"].as_array().unwrap().len()
}

#[tokio::test]
async fn a_change_of_members_ends_their_tokens_everywhere_and_the_next_ones_tell_of_it() {
    let stack = stack().await;
    let (ana, home) = stack.householder("Ana").await;
    let bo = stack.newcomer("Bo").await;
    assert_eq!(statuses(stack, &bo).await, [200, 200, 200]);

    let invite = "mutation($input: InviteToHouseholdInput!) { inviteToHousehold(input: $input) { code } }";
    let input = json!({ "input": { "householdId": home, "role": "ADULT" } });
    let answer = stack.ask(&ana, invite, input).await;
    let input = json!({ "input": { "code": answer.data()["inviteToHousehold"]["code"] } });
    let accept = "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { refreshRequired userErrors { code } } }";
    let answer = stack.ask(&bo, accept, input).await;
    let accepted = json!({ "refreshRequired": true, "userErrors": [] });
    assert_eq!(answer.data()["acceptInvitation"], accepted);
    is_refused_everywhere(stack, &bo).await;
    is_refused_everywhere(stack, &ana).await;
    let (ana, bo) = (stack.refreshed(&ana).await, stack.refreshed(&bo).await);
    assert_eq!(statuses(stack, &bo).await, [200, 200, 200]);
    assert_eq!(households(stack, &bo).await, 1);

    let remove =
        "mutation($input: RemoveMemberInput!) { removeMember(input: $input) { userErrors { code } } }";
    let input = json!({ "input": { "householdId": home, "userId": bo.id } });
    let answer = stack.ask(&ana, remove, input).await;
    assert_eq!(answer.data()["removeMember"]["userErrors"], json!([]));
    is_refused_everywhere(stack, &bo).await;
    let bo = stack.refreshed(&bo).await;
    assert_eq!(households(stack, &bo).await, 0);
}
