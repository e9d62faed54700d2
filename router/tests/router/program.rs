//! The `constellation-router` program itself.

use std::io::{BufRead as _, BufReader, Read as _};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::{Value, json};

use crate::subgraphs::supergraph;
use crate::support::forge;

/// The program with an environment of its own, and nothing else in it but these.
fn program(folder: &Path, variables: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_constellation-router"));
    command
        .env_clear()
        .current_dir(folder)
        .envs(variables.iter().copied());
    command
}

/// A folder with a supergraph and the public keys.
pub(crate) fn folder() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("supergraph.graphql"), supergraph()).unwrap();
    std::fs::write(folder.path().join("jwks.json"), forge().jwks()).unwrap();
    folder
}

const GOOD: [(&str, &str); 5] = [
    ("ROUTER_LISTEN", "127.0.0.1:0"),
    ("ROUTER_SUPERGRAPH", "supergraph.graphql"),
    ("JWKS_LOCATION", "jwks.json"),
    ("ENDED_SESSIONS_LOCATION", "none"),
    ("LOG_FORMAT", "json"),
];

fn fails(folder: &Path, change: &[(&str, &str)]) -> (String, Output) {
    let variables: Vec<_> = GOOD.iter().chain(change).copied().collect();
    let output = program(folder, &variables).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    (said, output)
}

#[test]
fn bad_configuration_ends_the_program_with_a_message_that_names_the_setting() {
    let folder = folder();
    std::fs::write(folder.path().join("plain.graphql"), "type Query { me: String }").unwrap();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let cases = [
        (("ROUTER_LISTEN", "nowhere"), "ROUTER_LISTEN"),
        (("ROUTER_LISTEN", taken.as_str()), "ROUTER_LISTEN"),
        (("ROUTER_SUPERGRAPH", "missing.graphql"), "missing.graphql"),
        (("ROUTER_SUPERGRAPH", "plain.graphql"), "ROUTER_SUPERGRAPH"),
        (("ROUTER_SUBGRAPH_URLS", "auth"), "ROUTER_SUBGRAPH_URLS"),
        (
            ("ROUTER_SUBGRAPH_URLS", "expnse=http://127.0.0.1/graphql"),
            "ROUTER_SUBGRAPH_URLS",
        ),
        (("ROUTER_INTROSPECTION", "perhaps"), "ROUTER_INTROSPECTION"),
        (("ROUTER_CORS_ORIGINS", "*"), "ROUTER_CORS_ORIGINS"),
        (("LOG", "=="), "LOG"),
    ];
    for (change, named) in cases {
        let (said, output) = fails(folder.path(), &[change]);
        assert!(!output.status.success(), "{change:?}");
        assert!(said.contains(named), "{change:?}: {said}");
        assert!(!said.contains("panicked"), "{change:?}: {said}");
    }
}

#[test]
fn help_names_every_variable() {
    let output = program(Path::new("."), &[]).arg("--help").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    for variable in [
        "ROUTER_LISTEN",
        "ROUTER_SUPERGRAPH",
        "ROUTER_SUBGRAPH_URLS",
        "JWKS_LOCATION",
        "ENDED_SESSIONS_LOCATION",
        "LOG_FORMAT",
    ] {
        assert!(help.contains(variable), "{variable}: {help}");
    }
}

/// A started program. It is ended with the test, whatever happens.
pub(crate) struct Running {
    child: Child,
    log: BufReader<std::process::ChildStderr>,
    /// What it has logged until it was ready.
    start: String,
    pub(crate) address: String,
}

impl Drop for Running {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

impl Running {
    fn log_until(&mut self, words: &str) {
        let mut line = String::new();
        while !line.contains(words) {
            line.clear();
            assert!(self.log.read_line(&mut line).unwrap() > 0, "the program ended");
        }
    }
}

pub(crate) fn start(folder: &Path) -> Running {
    let mut child = program(folder, &GOOD).stderr(Stdio::piped()).spawn().unwrap();
    let mut log = BufReader::new(child.stderr.take().unwrap());
    let (mut start, mut line) = (String::new(), String::new());
    let address = loop {
        start += &line;
        line.clear();
        assert!(log.read_line(&mut line).unwrap() > 0, "the program ended");
        let event: Value = serde_json::from_str(&line).unwrap();
        if let Some(address) = event["address"].as_str() {
            break address.to_owned();
        }
    };
    Running {
        child,
        log,
        start,
        address,
    }
}

/// Asks the program, and reads the answer.
async fn ask(running: &Running, operation: &Value) -> Value {
    let request = reqwest::Client::new().post(format!("http://{}/graphql", running.address));
    let request = request.header("x-request-id", "in-the-log").json(operation);
    request.send().await.unwrap().json().await.unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_program_serves_until_it_is_told_to_stop_and_logs_its_requests_but_no_secret() {
    let folder = folder();
    let mut running = start(folder.path());
    let answer = ask(
        &running,
        &json!({ "query": "{ __schema { queryType { name } } }" }),
    )
    .await;
    assert_eq!(
        answer,
        json!({ "data": { "__schema": { "queryType": { "name": "Query" } } } })
    );
    // A password that is sent as a number is a wrong variable, and Hive would log it with its value.
    let query = "query ($name: String!) { greet(name: $name) }";
    ask(
        &running,
        &json!({ "query": query, "variables": { "name": 47_114_711 } }),
    )
    .await;

    let told = Command::new("kill")
        .args(["-TERM", &running.child.id().to_string()])
        .status()
        .unwrap();
    assert!(told.success());
    let mut log = running.start.clone();
    running.log.read_to_string(&mut log).unwrap();
    assert!(running.child.wait().unwrap().success(), "{log}");
    assert!(log.contains("in-the-log") && !log.contains("47114711"), "{log}");
    assert!(
        !log.contains(r#""target":"router::"#) && !log.contains("debug binary"),
        "{log}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_changed_supergraph_is_taken_up_and_a_broken_one_is_not() {
    let folder = folder();
    let file: PathBuf = folder.path().join("supergraph.graphql");
    let mut running = start(folder.path());
    let query = json!({ "query": r#"{ __type(name: "Expense") { description } }"# });
    let described =
        async |running: &Running| ask(running, &query).await["data"]["__type"]["description"].clone();
    assert_eq!(described(&running).await, Value::Null);

    std::fs::write(&file, "this is not GraphQL").unwrap();
    running.log_until("the present one stays");
    assert_eq!(described(&running).await, Value::Null);

    let changed = supergraph().replace("type Expense ", "\"\"\"Changed\"\"\"\ntype Expense ");
    std::fs::write(&file, changed).unwrap();
    running.log_until("the new supergraph is in use");
    assert_eq!(described(&running).await, json!("Changed"));
}
