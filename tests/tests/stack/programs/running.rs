//! Starting, being killed, and starting again: nothing is lost and nothing is left behind.

use std::path::Path;

use serde_json::{Value, json};

use crate::support::{Person, Program, Stack, Topology, post};

/// Where the tests keep what is fetched once.
pub(super) fn cache() -> String {
    constellation_mongod::testing::cache_dir()
        .to_str()
        .unwrap()
        .to_owned()
}

/// The program as a newcomer runs it: with a database of its own.
pub(super) async fn constellation(home: &Path) -> (Program, String) {
    let home = home.to_owned();
    tokio::task::spawn_blocking(move || {
        let program = Program::start(
            env!("CARGO_BIN_EXE_tested-constellation"),
            &[],
            &[
                ("CONSTELLATION_HOME", home.to_str().unwrap()),
                ("CONSTELLATION_CACHE_DIR", &cache()),
                ("ROUTER_LISTEN", "127.0.0.1:0"),
                ("AUTH_LISTEN", "127.0.0.1:0"),
                ("EXPENSE_LISTEN", "127.0.0.1:0"),
                ("ROUTER_GRAPHIQL", "false"),
            ],
        );
        let line = program.wait_for("  Graph ");
        let url = line
            .split_whitespace()
            .find(|word| word.starts_with("http"))
            .unwrap()
            .replace("/graphql", "");
        (program, url)
    })
    .await
    .unwrap()
}

/// A stack of which only the router's address is known.
async fn newcomer(router: &str) -> Person {
    let stack = Stack::at(router);
    stack.newcomer("Ana").await
}

async fn refresh(router: &str, token: &str) -> Value {
    let query = "mutation($input: RefreshInput!) { refresh(input: $input) { tokens { accessToken } userErrors { code } } }";
    post(router, None, query, json!({ "input": { "refreshToken": token } }))
        .await
        .data()["refresh"]
        .clone()
}

/// Whether a MongoDB server still uses this folder.
fn database_runs(home: &Path) -> bool {
    std::fs::read_dir("/proc")
        .unwrap()
        .filter_map(Result::ok)
        .any(|process| {
            let command = std::fs::read(process.path().join("cmdline")).unwrap_or_default();
            let command = String::from_utf8_lossy(&command).into_owned();
            command.contains("mongod") && command.contains(home.to_str().unwrap())
        })
}

#[tokio::test]
async fn a_second_start_finds_the_data_the_keys_and_the_sessions_of_the_first_also_after_kill_9() {
    let home = tempfile::tempdir().unwrap();
    let (program, router) = constellation(home.path()).await;
    let ana = newcomer(&router).await;
    let id = Stack::at(&router).expense(&ana, json!({})).await;
    program.signal("KILL");
    let _ = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();

    // The second start waits for the first one's database to close, if it has not yet.
    let (program, router) = constellation(home.path()).await;
    let me = Stack::at(&router)
        .ask(&ana, "{ me { expenses { edges { node { id } } } } }", json!({}))
        .await;
    assert_eq!(
        me.data()["me"]["expenses"]["edges"],
        json!([{ "node": { "id": id } }])
    );
    assert_eq!(refresh(&router, &ana.refresh).await["userErrors"], json!([]));

    program.signal("INT");
    let (status, said) = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();
    assert!(status.success(), "{said}");
    assert!(!database_runs(home.path()), "the database was left behind");
}

#[tokio::test]
async fn a_second_program_on_the_same_data_is_refused_and_the_first_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let (_first, router) = constellation(home.path()).await;
    let second = Program::start(
        env!("CARGO_BIN_EXE_tested-constellation"),
        &[],
        &[
            ("CONSTELLATION_HOME", home.path().to_str().unwrap()),
            ("CONSTELLATION_CACHE_DIR", &cache()),
            ("ROUTER_LISTEN", "127.0.0.1:0"),
            ("AUTH_LISTEN", "127.0.0.1:0"),
            ("EXPENSE_LISTEN", "127.0.0.1:0"),
        ],
    );
    let (status, said) = tokio::task::spawn_blocking(move || second.wait()).await.unwrap();
    assert!(!status.success() && said.contains("in use"), "{said}");
    newcomer(&router).await;
}

#[tokio::test]
async fn each_program_ends_cleanly_on_sigterm_and_says_before_whether_it_is_alive_and_ready() {
    let mut stack = Stack::start(Topology::Distributed).await;
    for url in [&stack.router, &stack.auth, &stack.expense] {
        for probe in ["health", "ready"] {
            let response = reqwest::get(format!("{url}/{probe}")).await.unwrap();
            assert_eq!(response.status(), 200, "{url}/{probe}");
        }
    }
    for program in stack.programs.drain(..) {
        program.signal("TERM");
        let (status, said) = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();
        assert!(status.success(), "{said}");
    }
}

#[tokio::test]
async fn one_request_has_the_same_id_in_the_logs_of_the_router_and_of_the_subgraphs() {
    let mut stack = Stack::start(Topology::Distributed).await;
    let ana = stack.newcomer("Ana").await;
    reqwest::Client::new()
        .post(format!("{}/graphql", stack.router))
        .header("x-request-id", "follow-me-7")
        .bearer_auth(&ana.access)
        .json(&json!({ "query": "{ me { id expenses { edges { cursor } } } }" }))
        .send()
        .await
        .unwrap();
    for program in stack.programs.drain(..) {
        program.signal("TERM");
        let (_, said) = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();
        assert!(said.contains("follow-me-7"), "{said}");
        assert!(
            !said.contains(&ana.email) && !said.contains(&ana.access),
            "somebody's data is logged: {said}"
        );
    }
}

#[tokio::test]
async fn without_expense_the_rest_of_the_graph_answers_and_what_is_missing_is_told() {
    let mut stack = Stack::start(Topology::Distributed).await;
    let ana = stack.newcomer("Ana").await;
    let expense = stack.programs.remove(1);
    expense.signal("KILL");
    let _ = tokio::task::spawn_blocking(move || expense.wait()).await.unwrap();

    let me = stack.ask(&ana, "{ me { displayName } }", json!({})).await;
    assert_eq!(me.data()["me"]["displayName"], "Ana");
    let both = stack
        .ask(
            &ana,
            "{ me { displayName expenses { edges { cursor } } } }",
            json!({}),
        )
        .await;
    assert_eq!(both.codes(), ["UNAVAILABLE"]);
    assert_eq!(both.body["errors"][0]["path"], json!(["me", "expenses"]));
}
