use serde_json::{Value, json};

use crate::support::{ask, start};

const QUERY: &str =
    "query($of: [_Any!]!) { _entities(representations: $of) { __typename ... on User { id } } }";

#[tokio::test]
async fn a_representation_of_nothing_is_null_and_spoils_no_other() {
    let of = json!([
        { "__typename": "User", "id": "1" },
        { "__typename": "User" },
        { "__typename": "User", "id": 7.5 },
        { "__typename": "Nobody", "id": "1" },
        { "id": "1" },
        7,
        { "__typename": "User", "id": "2" },
    ]);
    let answer = ask(start().await, QUERY, json!({ "of": of })).await;
    let user = |id: &str| json!({ "__typename": "User", "id": id });
    assert_eq!(
        answer.body,
        json!({ "data": { "_entities": [user("1"), null, null, null, null, null, user("2")] } })
    );
}

#[tokio::test]
async fn one_operation_asks_for_a_thousand_entities_at_most() {
    let address = start().await;
    let of = |count: usize| {
        let all: Vec<Value> = (0..count)
            .map(|id| json!({ "__typename": "User", "id": id.to_string() }))
            .collect();
        json!({ "of": all })
    };
    let answer = ask(address, QUERY, of(1_000)).await;
    assert_eq!(answer.body["data"]["_entities"].as_array().unwrap().len(), 1_000);
    let twice = "query($of: [_Any!]!) { a: _entities(representations: $of) { __typename }
        ... on Query { b: _entities(representations: $of) { __typename } } }";
    let literal = format!(
        "{{ _entities(representations: [{}]) {{ __typename }} }}",
        r#"{__typename:"User",id:"1"}"#.repeat(1_001)
    );
    for (query, count) in [(QUERY, 1_001), (twice, 501), (literal.as_str(), 0)] {
        let answer = ask(address, query, of(count)).await;
        assert_eq!(answer.code(), "BAD_USER_INPUT", "{query:.80}");
        assert!(answer.message().contains("entities"), "{}", answer.message());
    }
}
