//! An app in Rust whose operations are checked against the published schema when it is compiled.

use cynic::{GraphQlResponse, MutationBuilder as _, Operation, QueryBuilder as _};
use serde_json::json;

use super::stack;
use crate::support::{PASSWORD, post, unique};

#[cynic::schema("constellation")]
#[expect(unreachable_pub, reason = "this module is generated from the schema")]
mod schema {}

/// The scalars of the graph are all JSON strings, so a client may map them as it likes.
#[derive(cynic::Scalar, Debug, Clone, PartialEq, Eq)]
struct Decimal(String);
#[derive(cynic::Scalar, Debug, Clone, PartialEq, Eq)]
struct CurrencyCode(String);
#[derive(cynic::Scalar, Debug, Clone, PartialEq, Eq)]
struct Date(String);

#[derive(cynic::InputObject)]
struct RegisterInput {
    email: String,
    password: String,
    display_name: String,
    #[cynic(skip_serializing_if = "Option::is_none")]
    device_name: Option<String>,
}

#[derive(cynic::QueryVariables)]
struct RegisterVariables {
    input: RegisterInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "RegisterVariables")]
struct Register {
    #[arguments(input: $input)]
    register: RegisterPayload,
}

#[derive(cynic::QueryFragment, Debug)]
struct RegisterPayload {
    tokens: Option<TokenPair>,
    user_errors: Vec<RegisterUserError>,
}

#[derive(cynic::QueryFragment, Debug)]
struct TokenPair {
    access_token: String,
}

#[derive(cynic::QueryFragment, Debug)]
struct RegisterUserError {
    code: RegisterErrorCode,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
#[cynic(non_exhaustive)]
enum RegisterErrorCode {
    EmailTaken,
    PasswordTooWeak,
    #[cynic(fallback)]
    Other,
}

#[derive(cynic::InputObject)]
struct MoneyInput {
    amount: Decimal,
    currency: CurrencyCode,
}

#[derive(cynic::InputObject)]
struct CreateExpenseInput {
    idempotency_key: String,
    amount: MoneyInput,
    description: String,
    date: Date,
}

#[derive(cynic::QueryVariables)]
struct CreateVariables {
    input: CreateExpenseInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "CreateVariables")]
struct Create {
    #[arguments(input: $input)]
    create_expense: CreateExpensePayload,
}

#[derive(cynic::QueryFragment, Debug)]
struct CreateExpensePayload {
    expense: Option<Expense>,
}

#[derive(cynic::QueryFragment, Debug, PartialEq, Eq)]
struct Expense {
    id: cynic::Id,
    description: String,
    date: Date,
    amount: Money,
}

#[derive(cynic::QueryFragment, Debug, PartialEq, Eq)]
struct Money {
    amount: Decimal,
    currency: CurrencyCode,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Query")]
struct Mine {
    me: Option<User>,
}

#[derive(cynic::QueryFragment, Debug)]
struct User {
    display_name: Option<String>,
    #[arguments(first: 10)]
    expenses: ExpenseConnection,
}

#[derive(cynic::QueryFragment, Debug)]
struct ExpenseConnection {
    edges: Vec<ExpenseEdge>,
}

#[derive(cynic::QueryFragment, Debug)]
struct ExpenseEdge {
    node: Expense,
}

async fn run<T: serde::de::DeserializeOwned, V: serde::Serialize>(
    token: Option<&str>,
    operation: Operation<T, V>,
) -> T {
    let stack = stack().await;
    let authorization = token.map(|token| format!("Bearer {token}"));
    let variables = json!(operation.variables);
    let answer = post(
        &stack.router,
        authorization.as_deref(),
        &operation.query,
        variables,
    )
    .await;
    let response: GraphQlResponse<T> = serde_json::from_value(answer.body).unwrap();
    assert!(response.errors.is_none(), "{:?}", response.errors);
    response.data.unwrap()
}

#[tokio::test]
async fn a_typed_client_signs_up_records_an_expense_and_reads_it_back() {
    let register = |password: &str| {
        Register::build(RegisterVariables {
            input: RegisterInput {
                email: format!("typed.{}@example.org", unique()),
                password: password.to_owned(),
                display_name: "Typed".into(),
                device_name: None,
            },
        })
    };
    let refused = run(None, register("short")).await.register;
    assert!(refused.tokens.is_none());
    assert_eq!(refused.user_errors[0].code, RegisterErrorCode::PasswordTooWeak);
    let token = run(None, register(PASSWORD))
        .await
        .register
        .tokens
        .unwrap()
        .access_token;

    let money = || MoneyInput {
        amount: Decimal("1200".into()),
        currency: CurrencyCode("JPY".into()),
    };
    let create = Create::build(CreateVariables {
        input: CreateExpenseInput {
            idempotency_key: unique(),
            amount: money(),
            description: "Train".into(),
            date: Date("2026-03-29".into()),
        },
    });
    let created = run(Some(&token), create).await.create_expense.expense.unwrap();
    assert_eq!(created.amount.amount, Decimal("1200".into()));

    let me = run(Some(&token), Mine::build(())).await.me.unwrap();
    assert_eq!(me.display_name.as_deref(), Some("Typed"));
    assert_eq!(
        me.expenses
            .edges
            .iter()
            .map(|edge| &edge.node)
            .collect::<Vec<_>>(),
        [&created]
    );
}
