//! One graph made of two, and neither the worse for the other.

use serde_json::{Value, json};

use super::stack;

#[tokio::test]
async fn the_owner_of_an_expense_comes_from_auth() {
    let stack = stack().await;
    let ana = stack.newcomer("Ana").await;
    let id = stack.expense(&ana, json!({})).await;
    let answer = stack
        .ask(&ana, "query($id: ID!) { expense(id: $id) { owner { displayName email expenses { edges { node { id } } } } } }", json!({ "id": id }))
        .await;
    let owner = &answer.data()["expense"]["owner"];
    assert_eq!(owner["displayName"], "Ana");
    assert_eq!(owner["expenses"]["edges"], json!([{ "node": { "id": id } }]));
}

#[tokio::test]
async fn every_type_field_argument_and_enum_value_says_what_it_is() {
    let stack = stack().await;
    let query = "{ __schema { types { name description
        fields(includeDeprecated: true) { name description args { name description } }
        inputFields { name description } enumValues(includeDeprecated: true) { name description } } } }";
    let answer = stack.anonymous(query, json!({})).await;
    let mut silent = Vec::new();
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let mut look = |path: String, item: &Value| {
        if item["description"]
            .as_str()
            .is_none_or(|text| text.trim().is_empty())
        {
            silent.push(path);
        }
    };
    for kind in list(&answer.data()["__schema"]["types"]) {
        let name = kind["name"].as_str().unwrap().to_owned();
        if name.starts_with("__") || ["String", "Int", "Float", "Boolean", "ID"].contains(&name.as_str()) {
            continue;
        }
        look(name.clone(), &kind);
        for field in list(&kind["fields"]) {
            let path = format!("{name}.{}", field["name"].as_str().unwrap());
            look(path.clone(), &field);
            for argument in list(&field["args"]) {
                look(
                    format!("{path}({})", argument["name"].as_str().unwrap()),
                    &argument,
                );
            }
        }
        for item in list(&kind["inputFields"])
            .iter()
            .chain(&list(&kind["enumValues"]))
        {
            look(format!("{name}.{}", item["name"].as_str().unwrap()), item);
        }
    }
    assert!(silent.is_empty(), "without a description: {silent:#?}");
}
