use federation_composition::{CompositionResult, ServiceDefinition, compose_services, graphql_core};
use serde_json::{Value, json};

use crate::support::Service;

const AUTH: &str = r#"
extend schema @link(url: "https://specs.apollo.dev/federation/v2.5", import: ["@key"])
type Query { me: User }
type User @key(fields: "id") { id: ID! email: String displayName: String! }
"#;

#[test]
fn the_schema_composes_with_one_that_owns_the_user() {
    let service = |name: &str, sdl: &str| ServiceDefinition::new(name, graphql_core::parse(sdl).unwrap());
    let sdl = constellation_expense::sdl();
    match compose_services(&[service("auth", AUTH), service("expense", &sdl)]).unwrap() {
        CompositionResult::Success(success) => {
            let public = success.public_sdl().unwrap();
            for promise in [
                "expense(",
                "displayName: String!",
                "expenses(",
                "expenseTotals(",
                "scalar Decimal @specifiedBy",
                "owner: User!",
            ] {
                assert!(public.contains(promise), "{promise} is missing");
            }
        }
        CompositionResult::Failure(failure) => panic!("{failure}"),
    }
}

#[test]
fn the_schema_keeps_its_public_names() {
    let sdl = constellation_expense::sdl();
    for promise in [
        "type User @key(fields: \"id\")",
        "type Expense @key(fields: \"id\")",
        "createExpense(",
        "input CreateExpenseInput {",
        "userErrors: [CreateExpenseUserError!]!",
        "path: [String!]\n",
        "scalar CurrencyCode @specifiedBy",
        "scalar Date @specifiedBy",
        "scalar DateTime @specifiedBy",
        "groupBy: ExpenseGrouping!",
        "orderBy: ExpenseOrder",
    ] {
        assert!(sdl.contains(promise), "{promise} is missing in:\n{sdl}");
    }
}

#[tokio::test]
async fn everything_in_the_schema_is_described() {
    let query = "{ __schema { types { name kind description
        fields(includeDeprecated: true) { name description args { name description } }
        inputFields { name description } enumValues(includeDeprecated: true) { name description } } } }";
    let answer = Service::start().await.anonymous().get(query, json!({})).await;
    let mut bare = Vec::new();
    for kind in answer["__schema"]["types"].as_array().unwrap() {
        let name = kind["name"].as_str().unwrap();
        let ours = !name.starts_with('_') && !["String", "Int", "Float", "Boolean", "ID"].contains(&name);
        if !ours {
            continue;
        }
        let mut look = |place: String, thing: &Value| {
            if thing["description"]
                .as_str()
                .is_none_or(|text| text.trim().is_empty())
            {
                bare.push(place);
            }
        };
        look(name.to_owned(), kind);
        for list in ["fields", "inputFields", "enumValues"] {
            for part in kind[list].as_array().into_iter().flatten() {
                let part_name = part["name"].as_str().unwrap();
                if part_name.starts_with('_') {
                    continue;
                }
                look(format!("{name}.{part_name}"), part);
                for argument in part["args"].as_array().into_iter().flatten() {
                    look(format!("{name}.{part_name}({})", argument["name"]), argument);
                }
            }
        }
    }
    assert_eq!(bare, Vec::<String>::new());
}
