use std::path::{Path, PathBuf};

use constellation_mongod::testing::{TestDatabase, database};
use constellation_testing::TokenForge;
use serde_json::Value;
use tempfile::TempDir;

use super::Program;

/// How the parts are spread over processes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Topology {
    /// Everything in one, the router calling the subgraphs in memory.
    OneProcess,
    /// The router, auth and expense in processes of their own.
    Distributed,
}

/// A running backend.
pub(crate) struct Stack {
    pub(crate) router: String,
    pub(crate) auth: String,
    pub(crate) expense: String,
    pub(crate) programs: Vec<Program>,
    home: TempDir,
}

/// The folder of the workspace.
pub(crate) fn workspace() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
}

impl Stack {
    /// Starts everything, on databases of its own.
    pub(crate) async fn start(topology: Topology) -> Self {
        let database = database().await;
        // The programs print where they listen; waiting for that is no work for the test's own runtime.
        tokio::task::spawn_blocking(move || match topology {
            Topology::OneProcess => Self::one_process(&database),
            Topology::Distributed => Self::distributed(&database),
        })
        .await
        .unwrap()
    }

    /// A stack that runs already, and is only spoken to at its router.
    pub(crate) fn at(router: &str) -> Self {
        let nowhere = String::new();
        let home = tempfile::tempdir().unwrap();
        Self {
            router: router.to_owned(),
            auth: nowhere.clone(),
            expense: nowhere,
            programs: Vec::new(),
            home,
        }
    }

    fn one_process(database: &TestDatabase) -> Self {
        let home = tempfile::tempdir().unwrap();
        let names = Names::of(database);
        let program = Program::start(
            env!("CARGO_BIN_EXE_tested-constellation"),
            &[],
            &[
                ("CONSTELLATION_HOME", home.path().to_str().unwrap()),
                ("MONGODB_URI", &database.uri),
                ("AUTH_DATABASE", &names.auth),
                ("EXPENSE_DATABASE", &names.expense),
                ("ROUTER_LISTEN", ANY_PORT),
                ("AUTH_LISTEN", ANY_PORT),
                ("EXPENSE_LISTEN", ANY_PORT),
                ("ROUTER_GRAPHIQL", "false"),
                CHEAP_MEMORY,
                CHEAP_PASSES,
                MANY_ATTEMPTS,
                NO_GRACE,
            ],
        );
        let url = |label: &str| {
            let line = program.wait_for(label);
            line.split_whitespace()
                .find(|word| word.starts_with("http"))
                .unwrap()
                .to_owned()
        };
        let (router, auth, expense) = (url("  Graph "), url("  Auth "), url("  Expense "));
        Self {
            router: router.replace("/graphql", ""),
            auth,
            expense,
            programs: vec![program],
            home,
        }
    }

    fn distributed(database: &TestDatabase) -> Self {
        let home = tempfile::tempdir().unwrap();
        let names = Names::of(database);
        let keys = home.path().join("keys.json");
        let auth = Program::start(
            env!("CARGO_BIN_EXE_tested-auth"),
            &[],
            &[
                ("AUTH_LISTEN", ANY_PORT),
                ("MONGODB_URI", &database.uri),
                ("AUTH_DATABASE", &names.auth),
                ("AUTH_KEYS_FILE", keys.to_str().unwrap()),
                ("AUTH_GENERATE_KEYS", "true"),
                ("MAIL_DIR", home.path().join("mail").to_str().unwrap()),
                CHEAP_MEMORY,
                CHEAP_PASSES,
                MANY_ATTEMPTS,
                NO_GRACE,
            ],
        );
        let auth_url = address(&auth);
        let jwks = format!("{auth_url}/.well-known/jwks.json");
        let expense = Program::start(
            env!("CARGO_BIN_EXE_tested-expense"),
            &[],
            &[
                ("EXPENSE_LISTEN", ANY_PORT),
                ("MONGODB_URI", &database.uri),
                ("EXPENSE_DATABASE", &names.expense),
                ("JWKS_LOCATION", &jwks),
            ],
        );
        let expense_url = address(&expense);
        let supergraph = workspace().join("schema/supergraph.graphql");
        let router = Program::start(
            env!("CARGO_BIN_EXE_tested-router"),
            &[],
            &[
                ("ROUTER_LISTEN", ANY_PORT),
                ("ROUTER_SUPERGRAPH", supergraph.to_str().unwrap()),
                (
                    "ROUTER_SUBGRAPH_URLS",
                    &format!("auth={auth_url}/graphql,expense={expense_url}/graphql"),
                ),
                ("ROUTER_INTROSPECTION", "true"),
                ("JWKS_LOCATION", &jwks),
            ],
        );
        let router_url = address(&router);
        Self {
            router: router_url,
            auth: auth_url,
            expense: expense_url,
            programs: vec![auth, expense, router],
            home,
        }
    }

    /// A forger who has got hold of the signing key.
    pub(crate) fn forge(&self) -> TokenForge {
        let file: Value = serde_json::from_slice(&std::fs::read(self.keys_file()).unwrap()).unwrap();
        TokenForge::with_pem(file["signing"][0]["secret"].as_str().unwrap())
            .naming("https://auth.constellation.local", "constellation")
    }

    fn keys_file(&self) -> PathBuf {
        self.home.path().join("keys.json")
    }
}

const ANY_PORT: &str = "127.0.0.1:0";
// These tests are not about the cost of hashing.
const CHEAP_MEMORY: (&str, &str) = ("PASSWORD_HASH_MEMORY_KIB", "7168");
const CHEAP_PASSES: (&str, &str) = ("PASSWORD_HASH_PASSES", "1");
// All people of these tests come from one address.
const MANY_ATTEMPTS: (&str, &str) = ("ADDRESS_BUDGET", "1000");

// Who leaves in these tests is gone at once.
const NO_GRACE: (&str, &str) = ("ACCOUNT_DELETION_GRACE_DAYS", "0");

/// The databases of one stack.
struct Names {
    auth: String,
    expense: String,
}

impl Names {
    fn of(database: &TestDatabase) -> Self {
        Self {
            auth: format!("{}_auth", database.name),
            expense: format!("{}_expense", database.name),
        }
    }
}

/// Where a program says that it listens.
fn address(program: &Program) -> String {
    let line = program.wait_for("\"address\"");
    let line: Value = serde_json::from_str(&line).unwrap();
    format!("http://{}", line["address"].as_str().unwrap())
}
