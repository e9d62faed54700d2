//! What is built to end the program, or to keep it busy: one request each, from anybody. The program itself is asked,
//! because a stack that overflows would take the tests with it.

use std::fmt::Write as _;
use std::time::Duration;

use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

use crate::program::{Running, folder, start};

/// Far more than an answer takes, far less than the bombs did.
const PATIENCE: Duration = Duration::from_mins(1);

fn post(running: &Running, body: impl Into<String>) -> RequestBuilder {
    let request = Client::new().post(format!("http://{}/graphql", running.address));
    request
        .timeout(PATIENCE)
        .header("content-type", "application/json")
        .body(body.into())
}

fn get(running: &Running, parameters: &[(&str, &str)]) -> RequestBuilder {
    Client::new()
        .get(format!("http://{}/graphql", running.address))
        .timeout(PATIENCE)
        .header("graphql-require-preflight", "true")
        .query(parameters)
}

/// The code and message of the one error of the answer.
async fn refused(name: &str, request: RequestBuilder) -> (String, String) {
    let response = request.send().await;
    let response = response.unwrap_or_else(|error| panic!("{name}: no answer: {error}"));
    let body: Value = response.json().await.unwrap();
    let error = &body["errors"][0];
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    (text(&error["extensions"]["code"]), text(&error["message"]))
}

fn nested(levels: usize) -> String {
    "[".repeat(levels) + &"]".repeat(levels)
}

fn document(query: &str) -> String {
    json!({ "query": query }).to_string()
}

/// Inline fragments in each other around one field of a user.
fn inline(levels: usize) -> String {
    format!(
        "{{ me {{ {} id {} }} }}",
        "... {".repeat(levels),
        "}".repeat(levels)
    )
}

/// Fragments of which each uses the next, so many times, so many inline fragments deep.
fn chain(length: usize, uses: usize, levels: usize) -> String {
    let mut document = "{ me { ...F0 } }".to_owned();
    for n in 0..length {
        let next = format!("...F{} ", n + 1).repeat(uses);
        let (open, close) = ("... {".repeat(levels), "}".repeat(levels));
        write!(document, " fragment F{n} on User {{ {open} {next} {close} }}").unwrap();
    }
    write!(document, " fragment F{length} on User {{ id }}").unwrap();
    document
}

#[tokio::test(flavor = "multi_thread")]
async fn no_nesting_ends_the_program() {
    let folder = folder();
    let running = start(folder.path());
    let deep = nested(60);
    let bodies = [
        (
            "variables",
            format!(r#"{{"query":"{{me{{id}}}}","variables":{{"a":{deep}}}}}"#),
            "JSON",
        ),
        (
            "extensions",
            format!(r#"{{"query":"{{me{{id}}}}","extensions":{{"a":{deep}}}}}"#),
            "JSON",
        ),
        (
            "an unknown key",
            format!(r#"{{"query":"{{me{{id}}}}","a":{}}}"#, nested(40_000)),
            "JSON",
        ),
        ("nothing but brackets", "[".repeat(200_000), "JSON"),
        (
            "objects",
            r#"{"variables":"#.to_owned() + &r#"{"a":"#.repeat(40_000),
            "JSON",
        ),
        ("inline fragments", document(&inline(50)), "brackets"),
        (
            "lists in an argument",
            document(&format!("{{ greet(name: {}) }}", nested(50))),
            "brackets",
        ),
        (
            "a type",
            document(&format!("query ($a: {}) {{ me {{ id }} }}", nested(50))),
            "brackets",
        ),
        ("a chain of fragments", document(&chain(445, 1, 0)), "fragments"),
        (
            "a chain of deep fragments",
            document(&chain(98, 1, 28)),
            "too deep",
        ),
        (
            "a circle",
            document("{ me { ...A } } fragment A on User { ...B } fragment B on User { ...A }"),
            "uses itself",
        ),
    ];
    for (name, body, words) in bodies {
        let (code, message) = refused(name, post(&running, body)).await;
        assert_eq!(code, "BAD_USER_INPUT", "{name}: {message}");
        assert!(message.contains(words), "{name}: {message}");
    }
    let object = format!(r#"{{"a":{deep}}}"#);
    let query = ("query", "{ me { id } }");
    for (name, parameters, words) in [
        (
            "variables of a GET",
            &[query, ("variables", object.as_str())][..],
            "JSON",
        ),
        ("extensions of a GET", &[query, ("extensions", &object)], "JSON"),
        ("the document of a GET", &[("query", &inline(50))], "brackets"),
    ] {
        let (code, message) = refused(name, get(&running, parameters)).await;
        assert_eq!(code, "BAD_USER_INPUT", "{name}: {message}");
        assert!(message.contains(words), "{name}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_small_document_cannot_ask_for_endless_work() {
    let folder = folder();
    let running = start(folder.path());
    let friends = "friend { friend { id id id } } ".repeat(40);
    let unknown = (0..4_900).fold(String::new(), |all, n| format!("{all} ...F{n}"));
    let twice = "fragment F on User { id } ".repeat(2);
    for (name, query, words) in [
        (
            "one field again and again",
            format!("{{ me {{ {} }} }}", "id ".repeat(4_000)),
            r#""id""#,
        ),
        (
            "through its parents",
            format!("{{ me {{ {friends} }} }}"),
            r#""id""#,
        ),
        (
            "through fragments",
            format!(
                "{{ me {{ {} }} }} fragment F on User {{ id }}",
                "...F ".repeat(101)
            ),
            r#""id""#,
        ),
        ("fragments that double", chain(20, 2, 0), "selects too much"),
        (
            "fragments that nobody uses",
            chain(20, 2, 0).replacen("...F0", "id", 1),
            "selects too much",
        ),
        (
            "fragments that are nowhere",
            format!("{{ me {{ {unknown} }} }}"),
            "does not define",
        ),
        (
            "two fragments of one name",
            format!("{{ me {{ ...F }} }} {twice}"),
            "more than once",
        ),
    ] {
        let (code, message) = refused(name, post(&running, document(&query))).await;
        assert_eq!(code, "BAD_USER_INPUT", "{name}: {message}");
        assert!(message.contains(words), "{name}: {message}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_most_that_may_be_asked_is_answered() {
    let folder = folder();
    let running = start(folder.path());
    let schema = "__schema { queryType { name } }";
    let expected = json!({ "data": { "__schema": { "queryType": { "name": "Query" } } } });
    let fragments = chain(59, 1, 0)
        .replace("{ me {", "{ ... {")
        .replace("User", "Query")
        .replace(" id ", schema);
    // The brackets around what is repeated are levels, too.
    for (name, body) in [
        (
            "JSON",
            json!({ "query": format!("{{ {schema} }}"), "variables": {} })
                .to_string()
                .replace(
                    r#""variables":{}"#,
                    &format!(r#""variables":{{"a":{}}}"#, nested(30)),
                ),
        ),
        (
            "inline fragments",
            document(&inline(28).replace("me {", "... {").replace(" id ", schema)),
        ),
        ("a chain of fragments", document(&fragments)),
        (
            "a hundred times",
            document(&format!("{{ {} }}", format!("{schema} ").repeat(100))),
        ),
    ] {
        let answer = post(&running, body).send().await;
        let answer = answer.unwrap_or_else(|error| panic!("{name}: no answer: {error}"));
        assert_eq!(answer.json::<Value>().await.unwrap(), expected, "{name}");
    }
}
