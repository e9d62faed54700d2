//! How long `me`, `refresh` and a page of expenses take while nobody signs in, and while far more try than can be hashed.
//!
//! Calm and storm take turns in the same run, on the same machine that also makes the requests, so only the ratios mean
//! something. The whole product runs in one process and is asked through its router. Every attempt of the storm is for an
//! account of its own, and the address has budget enough: all of it meets the hashing slots and their queue.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is run and read by a person"
)]

#[expect(dead_code, reason = "the tests ask more of a program than this does")]
#[path = "../tests/stack/support/program.rs"]
mod program;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use constellation_mongod::testing::database;
use program::Program;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::time::sleep;

const ROUNDS: usize = 5;
const REQUESTS: usize = 100;
/// More than have a place by default, whatever the number of processors.
const STRANGERS: usize = 128;
const PASSWORD: &str = "three blue boats at sea";

#[derive(Clone)]
struct Client {
    url: String,
    http: reqwest::Client,
}

impl Client {
    async fn graphql(&self, token: Option<&str>, query: &str, input: Value) -> Value {
        let request = self.http.post(&self.url);
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let body = json!({ "query": query, "variables": { "input": input } });
        request.json(&body).send().await.unwrap().json().await.unwrap()
    }
}

/// The latencies of one kind of request.
#[derive(Default)]
struct Latencies(Vec<Duration>);

impl Latencies {
    fn percentile(&mut self, percent: usize) -> f64 {
        self.0.sort_unstable();
        self.0[(self.0.len() - 1) * percent / 100].as_secs_f64() * 1000.0
    }
}

#[derive(Default)]
struct Phase {
    me: Latencies,
    refresh: Latencies,
    expenses: Latencies,
}

/// One person's app, which asks and refreshes in turns.
struct App {
    client: Client,
    access: String,
    refresh: String,
}

impl App {
    async fn measure(&mut self, phase: &mut Phase) {
        for _ in 0..REQUESTS {
            let me = self.ask("{ me { id } }", &mut phase.me).await;
            assert!(me["id"].is_string(), "{me}");
            let page = "{ me { expenses(first: 10) { edges { node { description amount { amount currency } } } } } }";
            let me = self.ask(page, &mut phase.expenses).await;
            assert_eq!(me["expenses"]["edges"].as_array().map(Vec::len), Some(10), "{me}");
            self.refresh(&mut phase.refresh).await;
        }
    }

    async fn ask(&self, query: &str, latencies: &mut Latencies) -> Value {
        let start = Instant::now();
        let mut answer = self.client.graphql(Some(&self.access), query, Value::Null).await;
        latencies.0.push(start.elapsed());
        answer["data"]["me"].take()
    }

    async fn refresh(&mut self, latencies: &mut Latencies) {
        let query = "mutation($input: RefreshInput!) { refresh(input: $input) { tokens { accessToken refreshToken } } }";
        let input = json!({ "refreshToken": self.refresh });
        let start = Instant::now();
        let refreshed = self.client.graphql(None, query, input).await;
        latencies.0.push(start.elapsed());
        (self.access, self.refresh) = tokens(&refreshed["data"]["refresh"]);
    }

    async fn record(&self, number: usize) {
        let query =
            "mutation($input: CreateExpenseInput!) { createExpense(input: $input) { userErrors { code } } }";
        let input = json!({
            "idempotencyKey": number.to_string(),
            "amount": { "amount": "12.50", "currency": "EUR" },
            "description": "Bread and cheese",
            "date": "2026-01-31",
        });
        let answer = self.client.graphql(Some(&self.access), query, input).await;
        assert_eq!(
            answer["data"]["createExpense"]["userErrors"],
            json!([]),
            "{answer}"
        );
    }
}

fn tokens(payload: &Value) -> (String, String) {
    let text = |name: &str| payload["tokens"][name].as_str().unwrap().to_owned();
    (text("accessToken"), text("refreshToken"))
}

/// What came of the storm's attempts.
#[derive(Default)]
struct Storm {
    blowing: AtomicBool,
    number: AtomicUsize,
    hashed: AtomicUsize,
    turned_away: AtomicUsize,
}

async fn stranger(client: Client, storm: Arc<Storm>) {
    let query = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";
    while storm.blowing.load(Ordering::Relaxed) {
        let number = storm.number.fetch_add(1, Ordering::Relaxed);
        let input = json!({ "email": format!("p{number}@example.org"), "password": PASSWORD });
        let answer = client.graphql(None, query, input).await;
        if answer.get("errors").is_none() {
            storm.hashed.fetch_add(1, Ordering::Relaxed);
        } else {
            assert_eq!(
                answer["errors"][0]["extensions"]["code"], "UNAVAILABLE",
                "{answer}"
            );
            storm.turned_away.fetch_add(1, Ordering::Relaxed);
            // Less patient than asked, but not so that the measuring machine only measures this loop.
            sleep(Duration::from_millis(500)).await;
        }
    }
}

/// The whole product in one process, with its own settings but for the budget of the one address that all come from.
async fn start() -> (Program, TempDir, Client) {
    let database = database().await;
    let home = tempfile::tempdir().unwrap();
    let (auth, expense) = (
        format!("{}_auth", database.name),
        format!("{}_expense", database.name),
    );
    let any_port = "127.0.0.1:0";
    let program = Program::start(
        env!("CARGO_BIN_EXE_tested-constellation"),
        &[],
        &[
            ("CONSTELLATION_HOME", home.path().to_str().unwrap()),
            ("MONGODB_URI", &database.uri),
            ("AUTH_DATABASE", &auth),
            ("EXPENSE_DATABASE", &expense),
            ("ROUTER_LISTEN", any_port),
            ("AUTH_LISTEN", any_port),
            ("EXPENSE_LISTEN", any_port),
            ("ROUTER_GRAPHIQL", "false"),
            ("ADDRESS_BUDGET", "10000"),
            ("LOG", "error"),
        ],
    );
    let line = program.wait_for("  Graph ");
    let url = line
        .split_whitespace()
        .find(|word| word.starts_with("http"))
        .unwrap();
    let client = Client {
        url: url.to_owned(),
        http: reqwest::Client::new(),
    };
    (program, home, client)
}

fn report(name: &str, calm: &mut Latencies, storm: &mut Latencies) {
    for percent in [50, 99] {
        let (calm, storm) = (calm.percentile(percent), storm.percentile(percent));
        println!(
            "{name:8} p{percent}: {calm:7.2} ms calm, {storm:7.2} ms in the storm: x {:.2}",
            storm / calm
        );
    }
}

#[tokio::main]
async fn main() {
    let (_program, _home, client) = start().await;
    let query = "mutation($input: RegisterInput!) { register(input: $input) { tokens { accessToken refreshToken } } }";
    let input = json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" });
    let registered = client.graphql(None, query, input).await;
    let (access, refresh) = tokens(&registered["data"]["register"]);
    let mut app = App {
        client: client.clone(),
        access,
        refresh,
    };
    for number in 0..50 {
        app.record(number).await;
    }
    app.measure(&mut Phase::default()).await;

    let (mut calm, mut stormy) = (Phase::default(), Phase::default());
    let storm = Arc::new(Storm::default());
    let mut blown = Duration::ZERO;
    for _ in 0..ROUNDS {
        app.measure(&mut calm).await;
        storm.blowing.store(true, Ordering::Relaxed);
        let strangers: Vec<_> = (0..STRANGERS)
            .map(|_| tokio::spawn(stranger(client.clone(), Arc::clone(&storm))))
            .collect();
        sleep(Duration::from_millis(500)).await;
        let start = Instant::now();
        app.measure(&mut stormy).await;
        blown += start.elapsed();
        storm.blowing.store(false, Ordering::Relaxed);
        for stranger in strangers {
            stranger.await.unwrap();
        }
    }
    println!(
        "{ROUNDS} rounds of {REQUESTS} each; {STRANGERS} strangers for {:.1} s: {} sign-ins hashed, {} turned away",
        blown.as_secs_f64(),
        storm.hashed.load(Ordering::Relaxed),
        storm.turned_away.load(Ordering::Relaxed),
    );
    report("me", &mut calm.me, &mut stormy.me);
    report("refresh", &mut calm.refresh, &mut stormy.refresh);
    report("expenses", &mut calm.expenses, &mut stormy.expenses);
}
