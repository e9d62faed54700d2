use std::fmt::Write as _;

use serde_json::{Value, json};

use crate::support::{Answer, ask, start};

/// The document was refused for being too much, with these words, and nothing of it ran.
fn refused(answer: &Answer, words: &str) {
    assert_eq!(answer.code(), "BAD_USER_INPUT", "{answer:?}");
    assert!(answer.message().contains(words), "{answer:?}");
    assert_eq!(answer.body["data"], Value::Null);
}

fn nested(open: &str, depth: usize, core: &str) -> String {
    format!("{}{core}{}", open.repeat(depth), "}".repeat(depth))
}

#[tokio::test]
async fn a_field_named_thousands_of_times_is_not_even_validated() {
    let address = start().await;
    let query = format!("{{me{{{}}}}}", "id ".repeat(10_000));
    refused(&ask(address, &query, json!({})).await, "fields and arguments");
    let query = format!("{{me{{{}}}}}", "id ".repeat(4_999));
    assert_eq!(
        ask(address, &query, json!({})).await.body["data"]["me"]["id"],
        "me"
    );
}

#[tokio::test]
async fn fragments_that_double_are_counted_without_being_written_out() {
    let mut query = String::from("{me{...F0}} fragment F60 on User{id}");
    for step in 0..60 {
        let next = step + 1;
        write!(query, " fragment F{step} on User{{...F{next} ...F{next}}}").unwrap();
    }
    let address = start().await;
    // Sixty steps are too deep as well; twenty are not.
    refused(&ask(address, &query, json!({})).await, "deep");
    let query = query.replace("{...F20 ...F20}", "{id}");
    let query: String = query
        .split(" fragment ")
        .filter(|part| {
            part.strip_prefix('F')
                .and_then(|part| part.split(' ').next()?.parse().ok())
                .is_none_or(|step: u32| step <= 20)
        })
        .collect::<Vec<_>>()
        .join(" fragment ");
    refused(&ask(address, &query, json!({})).await, "fields and arguments");
}

#[tokio::test]
async fn fragments_that_go_round_are_refused() {
    let address = start().await;
    let query = "{me{...A}} fragment A on User{...B ...B} fragment B on User{id ...A ...A}";
    refused(&ask(address, query, json!({})).await, "spreads itself");
}

#[tokio::test]
async fn arguments_directives_and_definitions_count_too() {
    let address = start().await;
    let arguments: String = (0..6_000).fold(String::new(), |all, n| all + &format!("a{n}:1 "));
    refused(
        &ask(address, &format!("{{me({arguments}){{id}}}}"), json!({})).await,
        "fields and arguments",
    );
    refused(
        &ask(address, &format!("{{me{{id @include({arguments})}}}}"), json!({})).await,
        "fields and arguments",
    );
    let fragments: String = (0..100).fold(String::new(), |all, n| {
        all + &format!(" fragment F{n} on User{{id}}")
    });
    refused(
        &ask(address, &format!("{{me{{id}}}}{fragments}"), json!({})).await,
        "operations and fragments",
    );
}

#[tokio::test]
async fn selections_are_not_followed_into_any_depth() {
    let address = start().await;
    for open in ["{", "{...", "{...on Tree", "{tree", "{a:tree"] {
        for depth in [65, 20_000] {
            let query = nested(open, depth, "id");
            refused(&ask(address, &query, json!({})).await, "Nest brackets");
        }
    }
    refused(
        &ask(address, &nested("{tree", 33, "{id}"), json!({})).await,
        "Nest selections",
    );
    let answer = ask(address, &nested("{tree", 14, "{id}"), json!({})).await;
    assert_eq!(answer.body["errors"], Value::Null, "{answer:?}");
}

#[tokio::test]
async fn values_and_types_are_not_followed_into_any_depth() {
    let address = start().await;
    for query in [
        format!("{{echo(text:{}1{})}}", "[".repeat(40_000), "]".repeat(40_000)),
        format!("{{echo(text:{}1{})}}", "{a:".repeat(40_000), "}".repeat(40_000)),
        format!(
            "query($a:{}Int{}){{me{{id}}}}",
            "[".repeat(40_000),
            "]".repeat(40_000)
        ),
        format!("{{echo(text:\"\"\"x\"\"\"){{ {}", "[".repeat(40_000)),
        format!("#\"\n{}", "{a".repeat(40_000)),
        format!("{{echo(text:\"\\\"\" b:{}", "[".repeat(40_000)),
    ] {
        refused(&ask(address, &query, json!({})).await, "Nest brackets");
    }
    let answer = ask(
        address,
        &format!("{{echo(text:{}1{})}}", "[".repeat(62), "]".repeat(62)),
        json!({}),
    )
    .await;
    assert_eq!(answer.body["errors"], Value::Null, "{answer:?}");
}

#[tokio::test]
async fn brackets_in_strings_and_comments_are_only_text() {
    let address = start().await;
    let many = "[".repeat(1_000);
    let text = format!(
        "{{ # {many} \"\n echo(text: [\"{many}\\\"\", \"\", \"\"\"{many} \\\"\"\" \"\" \n{many}\"\"\"]) }}"
    );
    let answer = ask(address, &text, json!({})).await;
    assert_eq!(answer.body["data"]["echo"][0], format!("{many}\""), "{answer:?}");
    for open in ["{echo(text:\"a", "{echo(text:\"\"\"a", "{echo(text:\"a\n\")}"] {
        refused(&ask(address, open, json!({})).await, "never ends");
    }
}

#[tokio::test]
async fn aliases_multiply_a_mutation_ten_times_at_most() {
    let address = start().await;
    let aliases = |count: usize| (0..count).fold(String::new(), |all, n| all + &format!("a{n}:login "));
    let answer = ask(address, &format!("mutation{{{}}}", aliases(10)), json!({})).await;
    assert_eq!(answer.body["data"].as_object().unwrap().len(), 10);
    for query in [
        format!("mutation{{{}}}", aliases(11)),
        format!("mutation{{...on Mutation{{{}}}}}", aliases(11)),
        format!("mutation{{...F}} fragment F on Mutation{{{}}}", aliases(11)),
    ] {
        refused(&ask(address, &query, json!({})).await, "changes");
    }
}
