//! Who gets what: every field of the graph, for every kind of caller, as docs/PERMISSIONS.md has it. A field without a
//! row there fails the test.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::permissions::{Gets, outcome, rows};
use super::stack;
use crate::support::{Answer, PASSWORD, Person, Stack, unique};

/// Types that are reached only through a field above, and show what that field shows: their fields, each of which somebody
/// has thought about. (A new one may show more than the field that leads to it.)
const PARTS: &[(&str, &str)] = &[
    ("CancelAccountDeletionPayload", "kept user userErrors"),
    ("CancelAccountDeletionUserError", "code message path"),
    ("ChangePasswordPayload", "user userErrors"),
    ("ChangePasswordUserError", "code message path"),
    ("ChangeMemberRolePayload", "household refreshRequired userErrors"),
    ("ChangeMemberRoleUserError", "code message path"),
    ("CreateHouseholdPayload", "household refreshRequired userErrors"),
    ("CreateHouseholdUserError", "code message path"),
    (
        "HouseholdChange",
        "at by cursor expense expenseId kind settlement settlementId version",
    ),
    ("HouseholdChangeConnection", "edges pageInfo"),
    ("HouseholdChangeEdge", "cursor node"),
    ("AcceptInvitationPayload", "household refreshRequired userErrors"),
    ("AcceptInvitationUserError", "code message path"),
    ("DeclineInvitationPayload", "declined userErrors"),
    ("DeclineInvitationUserError", "code message path"),
    ("HouseholdInvitation", "createdAt email expiresAt id role state"),
    (
        "ReceivedInvitation",
        "createdAt expiresAt householdName id invitedBy role",
    ),
    ("InviteToHouseholdPayload", "code invitation userErrors"),
    ("InviteToHouseholdUserError", "code message path"),
    ("RevokeInvitationPayload", "revoked userErrors"),
    ("RevokeInvitationUserError", "code message path"),
    ("HouseholdMember", "joinedAt managed role user"),
    (
        "CreateChildAccountPayload",
        "child household refreshRequired userErrors username",
    ),
    ("CreateChildAccountUserError", "code message path"),
    ("ResetChildPasswordPayload", "userErrors username"),
    ("ResetChildPasswordUserError", "code message path"),
    ("LeaveHouseholdPayload", "left refreshRequired userErrors"),
    ("LeaveHouseholdUserError", "code message path"),
    ("RemoveMemberPayload", "household refreshRequired userErrors"),
    ("RemoveMemberUserError", "code message path"),
    ("UpdateHouseholdPayload", "household refreshRequired userErrors"),
    ("UpdateHouseholdUserError", "code message path"),
    ("ConfirmEmailChangePayload", "confirmed emailChanged userErrors"),
    ("ConfirmEmailChangeUserError", "code message path"),
    ("CreateExpensePayload", "expense userErrors"),
    ("CreateExpenseUserError", "code message path"),
    (
        "DataExport",
        "account emailChange emailVerifiedAt expenses formerMemberships id sessions settlements",
    ),
    ("EarlierTotal", "change convertedCount count total"),
    ("FormerMembership", "householdId leftAt"),
    ("PendingEmailChange", "newConfirmed newEmail oldConfirmed"),
    ("DeleteAccountPayload", "deletionScheduledAt userErrors"),
    ("DeleteAccountUserError", "code message path"),
    ("ExpenseChange", "after at before by kind version"),
    ("ExpenseChangeConnection", "edges pageInfo"),
    ("ExpenseChangeEdge", "cursor node"),
    ("ExpenseConflict", "base fields theirs yours"),
    ("ExpenseConnection", "edges pageInfo"),
    ("ExpenseEdge", "cursor node"),
    ("ExpenseExchange", "basis date rate source worth"),
    ("ExpensePayer", "amount member"),
    ("ExpenseShare", "amount member"),
    ("ExpenseSplitPart", "member part"),
    (
        "ExpenseSnapshot",
        "amount category date description exchange hiddenFrom merchant notes payers revealOn shares splitParts splitRule tags visibility",
    ),
    (
        "ExpenseTotal",
        "category convertedCount count earlier member merchant month tag total year",
    ),
    (
        "LedgerCheck",
        "expenses ok settlements sums wrongBalances wrongPayers wrongShares",
    ),
    ("MemberBalance", "amount member"),
    (
        "Settlement",
        "amount date from hiddenFrom history household id note recordedBy revealOn to version visibility voidedAt",
    ),
    ("SettlementChange", "at by kind version"),
    ("SettlementConnection", "edges pageInfo"),
    ("SettlementEdge", "cursor node"),
    ("SettlementPayload", "plan settlement userErrors"),
    ("SettlementPlan", "currency planToken transfers"),
    ("SettlementUserError", "code message path"),
    ("SuggestedTransfer", "amount from hiddenFrom revealOn to"),
    ("LoginPayload", "deviceToken tokens user userErrors"),
    ("LoginUserError", "code message path"),
    ("LogoutPayload", "signedOut userErrors"),
    ("LogoutUserError", "code message path"),
    ("Money", "amount currency"),
    ("PageInfo", "endCursor hasNextPage hasPreviousPage startCursor"),
    ("RefreshPayload", "tokens user userErrors"),
    ("RefreshUserError", "code message path reason"),
    (
        "RegisterPayload",
        "deviceToken emailVerificationRequired tokens user userErrors",
    ),
    ("RegisterUserError", "code message path"),
    ("RequestEmailChangePayload", "accepted userErrors"),
    ("RequestEmailChangeUserError", "code message path"),
    ("RequestEmailVerificationPayload", "accepted userErrors"),
    ("RequestEmailVerificationUserError", "code message path"),
    ("RequestPasswordResetPayload", "accepted userErrors"),
    ("RequestPasswordResetUserError", "code message path"),
    ("ResetPasswordPayload", "passwordReset userErrors"),
    ("ResetPasswordUserError", "code message path"),
    ("RestoreExpensePayload", "expense userErrors"),
    ("RestoreExpenseUserError", "code message path"),
    ("RevokeOtherSessionsPayload", "ended"),
    ("RevokeSessionPayload", "session userErrors"),
    ("RevokeSessionUserError", "code message path"),
    (
        "SecurityEvent",
        "address at deviceName id kind sessionId userAgent",
    ),
    ("SecurityEventConnection", "edges pageInfo"),
    ("SecurityEventEdge", "cursor node"),
    (
        "Session",
        "address createdAt current endReason endedAt id lastUsedAt name userAgent",
    ),
    ("SessionConnection", "edges pageInfo"),
    ("SessionEdge", "cursor node"),
    (
        "ShareExplanation",
        "absorbedBefore amount fraction gotLeftover member part whole",
    ),
    ("SplitExplanation", "leftoverUnits rule shares text"),
    // Of a household: who may hear of it is tested with the feed.
    ("Subscription", "householdChanged"),
    ("TokenPair", "accessToken expiresIn refreshToken tokenType"),
    ("UpdateExpensePayload", "conflict expense userErrors"),
    ("UpdateExpenseUserError", "code message path"),
    ("VerifyEmailPayload", "emailVerified userErrors"),
    ("VerifyEmailUserError", "code message path"),
    ("VoidExpensePayload", "expense userErrors"),
    ("VoidExpenseUserError", "code message path"),
];

/// A field of a type, as the schema has it.
struct Field {
    name: String,
    is_object: bool,
}

/// The fields of every object type, by asking the graph itself.
async fn schema(stack: &Stack) -> Vec<(String, Vec<Field>)> {
    let of_type = "kind ofType { kind ofType { kind ofType { kind } } }";
    let query = format!("{{ __schema {{ types {{ kind name fields {{ name type {{ {of_type} }} }} }} }} }}");
    let answer = stack.anonymous(&query, json!({})).await;
    let types = answer.data()["__schema"]["types"].as_array().unwrap();
    let fields = |kind: &Value| {
        let fields = kind["fields"].as_array().unwrap().iter();
        fields
            .map(|field| Field {
                name: field["name"].as_str().unwrap().to_owned(),
                is_object: field["type"].to_string().contains("OBJECT"),
            })
            .collect()
    };
    types
        .iter()
        .filter(|kind| kind["kind"] == "OBJECT" && !kind["name"].as_str().unwrap().starts_with("__"))
        .map(|kind| (kind["name"].as_str().unwrap().to_owned(), fields(kind)))
        .collect()
}

#[tokio::test]
async fn every_field_has_a_row() {
    let mut fields = BTreeSet::new();
    for (kind, members) in schema(stack().await).await {
        fields.extend(members.iter().map(|field| format!("{kind}.{}", field.name)));
    }
    let listed = rows("owner").into_iter().chain(rows("OWNER"));
    let mut rows: BTreeSet<_> = listed.map(|row| row.field).collect();
    for (kind, members) in PARTS {
        rows.extend(members.split(' ').map(|field| format!("{kind}.{field}")));
    }
    assert_eq!(
        rows, fields,
        "left: the rows of docs/PERMISSIONS.md, and the types above; right: the fields of the graph"
    );
}

#[tokio::test]
async fn every_caller_gets_of_every_field_what_its_row_says() {
    let stack = stack().await;
    let schema = schema(stack).await;
    let callers = [stack.newcomer("Owner").await, stack.newcomer("Other").await];
    let owner = &callers[0];
    for row in rows("owner") {
        let path = &row.field;
        let (kind, name) = path.split_once('.').unwrap();
        let fields = &schema.iter().find(|(other, _)| other == kind).unwrap().1;
        let field = fields.iter().find(|field| field.name == name).unwrap();
        // In this order, the owner last: a mutation that wrongly works for another would change what the owner finds.
        for (caller, expected) in [
            (None, row.of("anonymous")),
            (callers.get(1), row.of("another")),
            (Some(owner), row.of("owner")),
        ] {
            let (answer, at) = ask(stack, kind, field, owner, caller).await;
            let got = outcome(&answer, &at);
            let who = caller.map_or("nobody", |person| {
                if person.id == owner.id {
                    "the owner"
                } else {
                    "another"
                }
            });
            // Null is how an optional field of one's own is shown, too.
            let shown = *expected == Gets::It && got == Gets::Null && kind == "Expense";
            assert!(
                got == *expected || shown,
                "{path} for {who}: {got:?} in place of {expected:?}: {}",
                answer.body
            );
        }
    }
}

/// Asks for one field of one owner's, as this caller, and says where in the answer it stands.
async fn ask(
    stack: &Stack,
    kind: &str,
    field: &Field,
    owner: &Person,
    caller: Option<&Person>,
) -> (Answer, String) {
    let selection = match (field.name.as_str(), field.is_object) {
        ("expenses" | "history", _) => "{ edges { cursor } }",
        (_, true) => "{ __typename }",
        _ => "",
    };
    let arguments = if field.name == "expenseTotals" {
        "(groupBy: CURRENCY)"
    } else {
        ""
    };
    let asked = format!("{}{arguments} {selection}", field.name);
    match kind {
        "Query" if field.name == "me" => (
            send(stack, caller, "{ me { id } }", json!({})).await,
            "/me".into(),
        ),
        "Query" if field.name == "exportMyData" => (
            send(stack, caller, "{ exportMyData { id account { id } } }", json!({})).await,
            "/exportMyData".into(),
        ),
        "Mutation" if field.name == "createHousehold" => {
            // It makes the token of whoever it works for stale.
            let founder = stack.newcomer("Founder").await;
            let input = json!({ "name": "X", "currency": "EUR", "timeZone": "UTC" });
            let query = "mutation($input: CreateHouseholdInput!) { createHousehold(input: $input) { userErrors { code } } }";
            let caller = caller.map(|_| &founder);
            let answer = send(stack, caller, query, json!({ "input": input })).await;
            (answer, "/createHousehold".into())
        }
        "Query" | "Expense" => {
            let id = stack.expense(owner, json!({})).await;
            let (asked, at) = match kind {
                "Query" => ("id".to_owned(), "/expense".to_owned()),
                _ => (asked, format!("/expense/{}", field.name)),
            };
            let query = format!("query($id: ID!) {{ expense(id: $id) {{ {asked} }} }}");
            (send(stack, caller, &query, json!({ "id": id })).await, at)
        }
        "User" => {
            // The router resolves people only from what a subgraph refers to, so the subgraphs are asked themselves.
            let subgraph = if field.name.starts_with("expense") {
                &stack.expense
            } else {
                &stack.auth
            };
            let query = format!(
                "query($r: [_Any!]!) {{ _entities(representations: $r) {{ ... on User {{ {asked} }} }} }}"
            );
            stack.expense(owner, json!({})).await;
            let people = json!({ "r": [{ "__typename": "User", "id": owner.id }] });
            let answer = Stack::direct(subgraph, caller, &query, people).await;
            (answer, format!("/_entities/0/{}", field.name))
        }
        "Mutation" if field.name == "revokeOtherSessions" => {
            let query = "mutation { revokeOtherSessions { ended } }";
            (
                send(stack, caller, query, json!({})).await,
                "/revokeOtherSessions".into(),
            )
        }
        "Mutation" => {
            let name = &field.name;
            if name == "requestEmailVerification" {
                // It takes no input: who asks is all that it needs to know.
                let query = "mutation { requestEmailVerification { accepted userErrors { code } } }";
                return (send(stack, caller, query, json!({})).await, format!("/{name}"));
            }
            let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
            let query = format!(
                "mutation($input: {input_type}!) {{ {name}(input: $input) {{ __typename userErrors {{ code }} }} }}"
            );
            let input = input(stack, name, owner).await;
            (
                send(stack, caller, &query, json!({ "input": input })).await,
                format!("/{name}"),
            )
        }
        other => panic!("no way to ask for fields of {other}"),
    }
}

/// An input with which the owner's mutation works.
async fn input(stack: &Stack, mutation: &str, owner: &Person) -> Value {
    match mutation {
        "register" => {
            json!({ "email": format!("{}@example.org", unique()), "password": PASSWORD, "displayName": "X" })
        }
        "login" => json!({ "email": owner.email, "password": PASSWORD }),
        "refresh" | "logout" => json!({ "refreshToken": stack.newcomer("X").await.refresh }),
        "revokeSession" => json!({ "id": another_session(stack, owner).await }),
        "changePassword" => json!({ "currentPassword": PASSWORD, "newPassword": PASSWORD }),
        "requestPasswordReset" => json!({ "email": owner.email }),
        "resetPassword" => json!({ "token": "guessed", "newPassword": PASSWORD }),
        "deleteAccount" => json!({ "password": "not theirs" }),
        "verifyEmail" | "confirmEmailChange" | "cancelAccountDeletion" => json!({ "token": "guessed" }),
        "requestEmailChange" => {
            json!({ "newEmail": format!("{}@example.org", unique()), "password": PASSWORD })
        }
        "createExpense" => json!({
            "idempotencyKey": unique(), "amount": { "amount": "1", "currency": "EUR" },
            "description": "X", "date": "2026-01-31",
        }),
        "updateExpense" | "voidExpense" | "restoreExpense" => {
            json!({ "id": stack.expense(owner, json!({})).await, "expectedVersion": 1 })
        }
        "recordSettlement" => json!({
            "householdId": owner.id, "idempotencyKey": unique(), "fromId": owner.id, "toId": owner.id,
            "amount": { "amount": "1", "currency": "EUR" }, "date": "2026-01-31",
        }),
        "voidSettlement" | "restoreSettlement" => json!({ "id": owner.id, "expectedVersion": 1 }),
        other => panic!("no input for {other}"),
    }
}

/// A session of the owner's beside the one that they ask in.
async fn another_session(stack: &Stack, owner: &Person) -> String {
    let login = "mutation($input: LoginInput!) { login(input: $input) { tokens { accessToken } } }";
    let input = json!({ "input": { "email": owner.email, "password": PASSWORD } });
    stack.anonymous(login, input).await.data();
    let answer = stack
        .ask(
            owner,
            "{ me { sessions(first: 1) { edges { node { id current } } } } }",
            json!({}),
        )
        .await;
    let session = &answer.data()["me"]["sessions"]["edges"][0]["node"];
    assert_eq!(session["current"], false);
    session["id"].as_str().unwrap().to_owned()
}

async fn send(stack: &Stack, caller: Option<&Person>, query: &str, variables: Value) -> Answer {
    match caller {
        Some(person) => stack.ask(person, query, variables).await,
        None => stack.anonymous(query, variables).await,
    }
}
