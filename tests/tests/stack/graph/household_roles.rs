//! Who may do what with a household, by role: each cell of the table in docs/PERMISSIONS.md, through the router and at the
//! subgraph itself.

use serde_json::{Value, json};

use super::permissions::{Gets, outcome, rows};
use super::stack;
use crate::support::{Answer, PASSWORD, Person, Stack, unique};

/// From whoever may least to whoever may most: a mutation that wrongly works would change what the others find.
const CALLERS: [&str; 6] = ["anonymous", "not a member", "VIEWER", "CHILD", "ADULT", "OWNER"];

/// What expense adds to households.
const OF_EXPENSE: [&str; 11] = [
    "Household.expenses",
    "Household.totals",
    "Household.changesSince",
    "Household.changesCursor",
    "Household.balances",
    "Household.settlementPlan",
    "Household.settlements",
    "Household.ledgerCheck",
    "Mutation.recordSettlement",
    "Mutation.voidSettlement",
    "Mutation.restoreSettlement",
];

/// A household with somebody in each role, an adult to do something to, and a second owner, so that either may go. That
/// adult has paid the first owner, who recorded it.
struct Family {
    id: String,
    settlement: String,
    invitation: String,
    code: String,
    spare: String,
    /// A child without an address.
    child: String,
    people: Vec<(&'static str, Person)>,
}

impl Family {
    async fn new(stack: &Stack) -> Self {
        let (owner, id) = stack.householder("Owner").await;
        let mut people = vec![("OWNER", owner)];
        let mut spare = String::new();
        for role in ["ADULT", "CHILD", "VIEWER", "OWNER", "ADULT"] {
            let person = stack.newcomer("Member").await;
            let code = invite(stack, &people[0].1, &id, role).await.1;
            let query = "mutation($input: AcceptInvitationInput!) { acceptInvitation(input: $input) { userErrors { code } } }";
            let input = json!({ "input": { "code": code } });
            let answer = stack.ask(&person, query, input).await;
            assert_eq!(answer.data()["acceptInvitation"]["userErrors"], json!([]));
            spare.clone_from(&person.id);
            people.push((role, person));
            people[0].1 = stack.refreshed(&people[0].1).await;
        }
        for (_, person) in &mut people {
            *person = stack.refreshed(person).await;
        }
        let query = "mutation($input: CreateChildAccountInput!) { createChildAccount(input: $input) { child { user { id } } } }";
        let answer = stack
            .ask(&people[0].1, query, json!({ "input": new_child(&id) }))
            .await;
        let child = answer.data()["createChildAccount"]["child"]["user"]["id"].clone();
        for (_, person) in &mut people {
            *person = stack.refreshed(person).await;
        }
        let (invitation, code) = invite(stack, &people[0].1, &id, "CHILD").await;
        people.push(("not a member", stack.newcomer("Stranger").await));
        let paid = payment(&id, &spare, &people[0].1.id);
        let answer = stack.ask(&people[0].1, SETTLE, json!({ "input": paid })).await;
        let settlement = &answer.data()["recordSettlement"]["settlement"]["id"];
        Self {
            settlement: settlement.as_str().unwrap().to_owned(),
            id,
            invitation,
            code,
            spare,
            child: child.as_str().unwrap().to_owned(),
            people,
        }
    }

    fn caller(&self, kind: &str) -> Option<&Person> {
        let found = self.people.iter().find(|(role, _)| *role == kind);
        found.map(|(_, person)| person)
    }

    /// An operation on this household, and where in its answer the field stands.
    fn operation(&self, field: &str) -> (String, Value, String) {
        let (kind, name) = field.split_once('.').unwrap();
        if kind != "Mutation" {
            let (asked, at) = match name {
                "household" => ("id".to_owned(), "/household".to_owned()),
                "expenses" | "changesSince" => (
                    format!("{name} {{ edges {{ cursor }} }}"),
                    format!("/household/{name}"),
                ),
                "totals" => (
                    "totals(groupBy: CATEGORY) { count }".to_owned(),
                    "/household/totals".into(),
                ),
                "settlements" => (
                    format!("{name}(first: 1) {{ edges {{ cursor }} }}"),
                    format!("/household/{name}"),
                ),
                "members" | "invitations" | "balances" | "settlementPlan" | "ledgerCheck" => {
                    (format!("{name} {{ __typename }}"), format!("/household/{name}"))
                }
                _ => (name.to_owned(), format!("/household/{name}")),
            };
            let query = format!("query($id: ID!) {{ household(id: $id) {{ {asked} }} }}");
            return (query, json!({ "id": self.id }), at);
        }
        let (id, spare) = (&self.id, &self.spare);
        let input = match name {
            "updateHousehold" => json!({ "householdId": id, "timeZone": "UTC" }),
            "inviteToHousehold" => json!({ "householdId": id, "role": "VIEWER" }),
            "revokeInvitation" => json!({ "householdId": id, "invitationId": self.invitation }),
            "changeMemberRole" => json!({ "householdId": id, "userId": spare, "role": "VIEWER" }),
            "createChildAccount" => new_child(id),
            "resetChildPassword" => json!({
                "householdId": id, "userId": self.child, "password": PASSWORD, "newPassword": PASSWORD,
            }),
            "removeMember" => json!({ "householdId": id, "userId": spare }),
            "leaveHousehold" => json!({ "householdId": id }),
            "recordSettlement" => payment(id, spare, &self.people[0].1.id),
            "voidSettlement" | "restoreSettlement" => {
                json!({ "id": self.settlement, "expectedVersion": 1 })
            }
            "acceptInvitation" | "declineInvitation" => json!({ "code": self.code }),
            other => panic!("no input for {other}"),
        };
        let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {input_type}!) {{ {name}(input: $input) {{ userErrors {{ code }} }} }}"
        );
        (query, json!({ "input": input }), format!("/{name}"))
    }
}

const SETTLE: &str = "mutation($input: RecordSettlementInput!) { recordSettlement(input: $input) { settlement { id } userErrors { code } } }";

/// The input of an account for a child.
fn new_child(household: &str) -> Value {
    let username = format!("c{}", &unique()[..20]);
    json!({ "householdId": household, "displayName": "Mia", "username": username, "newPassword": PASSWORD })
}

/// The input of a settlement.
fn payment(household: &str, from: &str, to: &str) -> Value {
    json!({
        "householdId": household, "idempotencyKey": unique(), "fromId": from, "toId": to,
        "amount": { "amount": "1", "currency": "EUR" }, "date": "2026-11-23",
    })
}

/// Invites somebody, and gives the invitation's id and code.
async fn invite(stack: &Stack, owner: &Person, household: &str, role: &str) -> (String, String) {
    let query = "mutation($input: InviteToHouseholdInput!) { inviteToHousehold(input: $input) { invitation { id } code } }";
    let input = json!({ "input": { "householdId": household, "role": role } });
    let answer = stack.ask(owner, query, input).await;
    let payload = &answer.data()["inviteToHousehold"];
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    (text(&payload["invitation"]["id"]), text(&payload["code"]))
}

#[tokio::test]
async fn every_role_gets_of_every_household_operation_what_the_table_says() {
    let stack = stack().await;
    let mut family = Family::new(stack).await;
    for row in rows("OWNER") {
        for kind in CALLERS {
            let field = row.field.as_str();
            let subgraph = match OF_EXPENSE.contains(&field) {
                false => Some(&stack.auth),
                true if field.starts_with("Mutation.") => Some(&stack.expense),
                // What another subgraph adds to households is reached through the router.
                true => None,
            };
            for url in [Some(&stack.router), subgraph].into_iter().flatten() {
                let (query, variables, at) = family.operation(&row.field);
                let answer: Answer = Stack::direct(url, family.caller(kind), &query, variables).await;
                let (got, expected) = (outcome(&answer, &at), row.of(kind));
                assert_eq!(
                    got, *expected,
                    "{} for {kind} at {url}: {}",
                    row.field, answer.body
                );
                if got == Gets::It && row.field.starts_with("Mutation.") {
                    family = Family::new(stack).await;
                }
            }
        }
    }
}
