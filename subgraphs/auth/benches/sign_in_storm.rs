//! How long `me` and `refresh` take while nobody signs in, and while far more try than can be hashed.
//!
//! Calm and storm take turns in the same run, on the same machine that also makes the requests, so only the ratios mean
//! something. Every attempt of the storm comes from an address of its own to an account of its own: the abuse budget stops none
//! of it, and all of it meets the hashing slots and their queue.

#![expect(
    clippy::unwrap_used,
    clippy::print_stdout,
    reason = "a benchmark is run and read by a person"
)]

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use constellation_auth::{Auth, ClientSettings, Dependencies, Keys, MailSettings, PasswordSettings};
use constellation_mongod::testing::database;
use constellation_shared::auth::ClaimSettings;
use constellation_shared::clock::SystemClock;
use constellation_shared::entropy::SystemEntropy;
use constellation_shared::http::serve;
use constellation_shared::mongo::connect;
use constellation_shared::program::Stop;
use constellation_testing::{AUDIENCE, ISSUER};
use serde_json::{Value, json};
use tokio::net::TcpListener;
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
    async fn graphql(&self, token: Option<&str>, from: &str, query: &str, input: Value) -> Value {
        let request = self
            .http
            .post(format!("{}/graphql", self.url))
            .header("x-forwarded-for", from);
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
            let start = Instant::now();
            let me = self
                .client
                .graphql(Some(&self.access), "192.0.2.1", "{ me { id } }", Value::Null)
                .await;
            phase.me.0.push(start.elapsed());
            assert!(me["data"]["me"]["id"].is_string(), "{me}");

            let start = Instant::now();
            let query = "mutation($input: RefreshInput!) { refresh(input: $input) { tokens { accessToken refreshToken } } }";
            let input = json!({ "refreshToken": self.refresh });
            let refreshed = self.client.graphql(None, "192.0.2.1", query, input).await;
            phase.refresh.0.push(start.elapsed());
            let tokens = &refreshed["data"]["refresh"]["tokens"];
            tokens["accessToken"]
                .as_str()
                .unwrap()
                .clone_into(&mut self.access);
            tokens["refreshToken"]
                .as_str()
                .unwrap()
                .clone_into(&mut self.refresh);
        }
    }
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
        let from = format!("2001:db8:{:x}:{:x}::1", number >> 16 & 0xffff, number & 0xffff);
        let input = json!({ "email": format!("p{number}@example.org"), "password": PASSWORD });
        let answer = client.graphql(None, &from, query, input).await;
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

async fn start() -> Client {
    let database = database().await;
    let home = tempfile::tempdir().unwrap();
    let auth = Auth::build(Dependencies {
        database: connect(&database.uri, "bench", &database.name).await.unwrap(),
        keys: Keys::read_or_generate(&home.path().join("keys.json"), &SystemClock, &SystemEntropy).unwrap(),
        claims: ClaimSettings {
            token_issuer: ISSUER.into(),
            token_audience: AUDIENCE.into(),
        },
        passwords: PasswordSettings::default(),
        clients: ClientSettings::default(),
        mail: MailSettings {
            mail_dir: Some(home.path().join("mail")),
            app_url: Some("https://app.example.org".parse().unwrap()),
            ..MailSettings::default()
        },
        clock: Arc::new(SystemClock),
        entropy: Arc::new(SystemEntropy),
    })
    .await
    .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let (stop, stopped) = Stop::channel();
    tokio::spawn(async move {
        serve(listener, auth.routes(), stopped.requested()).await.unwrap();
        drop((stop, database, home));
    });
    Client {
        url,
        http: reqwest::Client::new(),
    }
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
    let client = start().await;
    let query = "mutation($input: RegisterInput!) { register(input: $input) { tokens { accessToken refreshToken } } }";
    let input = json!({ "email": "ana@example.org", "password": PASSWORD, "displayName": "Ana" });
    let registered = client.graphql(None, "192.0.2.1", query, input).await;
    let tokens = &registered["data"]["register"]["tokens"];
    let mut app = App {
        client: client.clone(),
        access: tokens["accessToken"].as_str().unwrap().to_owned(),
        refresh: tokens["refreshToken"].as_str().unwrap().to_owned(),
    };
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
}
