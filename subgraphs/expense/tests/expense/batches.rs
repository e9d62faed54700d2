use serde_json::{Value, json};

use crate::support::{Service, bread, with};

#[tokio::test]
async fn fifty_expenses_and_their_histories_cost_two_commands() {
    let service = Service::start().await;
    let ana = service.person();
    let mut ids = Vec::new();
    for n in 0..48 {
        let expense = ana
            .record(with(bread(), json!({ "description": format!("Number {n}") })))
            .await;
        ids.push(expense["id"].as_str().unwrap().to_owned());
    }
    let missing = "01920000-0000-7000-8000-00000000ffff".to_owned();
    ids.insert(10, missing.clone());
    ids.insert(30, "no id at all".into());
    let selection = "id description history(first: 2) { edges { node { version kind } } }";
    let (commands, answer) = service
        .commands_of(ana.entities("Expense", &ids, selection))
        .await;
    assert_eq!(answer.errors, Vec::<Value>::new());
    let entities = answer.data["_entities"].as_array().unwrap();
    for (id, entity) in ids.iter().zip(entities) {
        if *id == missing || id == "no id at all" {
            assert_eq!(*entity, Value::Null);
        } else {
            assert_eq!(entity["id"], *id);
            assert_eq!(
                entity["history"]["edges"],
                json!([{ "node": { "version": 1, "kind": "CREATED" } }])
            );
        }
    }
    let names: Vec<&str> = commands
        .iter()
        .map(|command| command.keys().next().unwrap().as_str())
        .collect();
    assert_eq!(names, ["find", "aggregate"]);
}

#[tokio::test]
async fn a_page_of_fifty_expenses_with_their_histories_costs_two_commands() {
    let service = Service::start().await;
    let ana = service.person();
    for _ in 0..50 {
        ana.record(bread()).await;
    }
    let selection =
        "expenses(first: 50) { edges { node { id history(last: 1) { edges { node { version } } } } } }";
    let (commands, me) = service.commands_of(ana.me(selection, json!({}))).await;
    assert_eq!(me["expenses"]["edges"].as_array().unwrap().len(), 50);
    assert_eq!(commands.len(), 2, "{commands:?}");
}

#[tokio::test]
async fn fifty_people_in_one_batch_cost_one_command_for_the_one_that_may_be_seen() {
    let service = Service::start().await;
    let ana = service.person();
    ana.record(bread()).await;
    let mut people: Vec<String> = (0..49).map(|_| service.person().id()).collect();
    people.insert(20, ana.id());
    let selection = "id expenses(first: 5) { edges { node { id } } }";
    let (commands, answer) = service
        .commands_of(ana.entities("User", &people, selection))
        .await;
    assert_eq!(answer.errors, Vec::<Value>::new());
    for (id, entity) in people.iter().zip(answer.data["_entities"].as_array().unwrap()) {
        assert_eq!(entity["id"], *id);
        let count = entity["expenses"]["edges"].as_array().unwrap().len();
        assert_eq!(count, usize::from(*id == ana.id()));
    }
    assert_eq!(commands.len(), 1, "{commands:?}");

    // The same person many times over, as happens when a list has one owner.
    let (commands, answer) = service
        .commands_of(ana.entities("User", &vec![ana.id(); 50], selection))
        .await;
    assert_eq!(
        answer.data["_entities"][49]["expenses"]["edges"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
    assert_eq!(commands.len(), 1, "{commands:?}");
}

#[tokio::test]
async fn one_entity_that_does_not_exist_does_not_fail_its_neighbours() {
    let service = Service::start().await;
    let ana = service.person();
    let expense = ana.record(bread()).await;
    let query = "query($representations: [_Any!]!) { _entities(representations: $representations) {
        ... on Expense { description } ... on User { id } } }";
    let representations = json!([
        { "__typename": "Expense", "id": "nothing" },
        { "__typename": "Expense", "id": expense["id"] },
        { "__typename": "User", "id": "nobody" },
        { "__typename": "User", "id": ana.id() },
    ]);
    let answer = ana
        .ask(query, json!({ "representations": representations }))
        .await;
    assert_eq!(answer.errors, Vec::<Value>::new());
    assert_eq!(
        answer.data["_entities"],
        json!([null, { "description": "Bread" }, null, { "id": ana.id() }])
    );
}

#[tokio::test]
async fn one_expense_that_does_not_exist_leaves_the_others_of_a_query_alone() {
    let service = Service::start().await;
    let ana = service.person();
    let (one, two) = (ana.record(bread()).await, ana.record(bread()).await);
    let query = "query($one: ID!, $two: ID!) {
        one: expense(id: $one) { id } none: expense(id: \"none\") { id } two: expense(id: $two) { id } }";
    let variables = json!({ "one": one["id"], "two": two["id"] });
    let (commands, answer) = service.commands_of(ana.ask(query, variables)).await;
    let expected = json!({ "one": { "id": one["id"] }, "none": null, "two": { "id": two["id"] } });
    assert_eq!(answer.data, expected);
    assert_eq!(crate::support::codes(&answer), ["NOT_FOUND"]);
    assert_eq!(answer.errors[0]["path"], json!(["none"]));
    assert_eq!(commands.len(), 1);
}
