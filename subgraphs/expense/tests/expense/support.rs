//! One expense service of its own for every test, and the people who call it.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use constellation_expense::{Dependencies, Expense};
use constellation_shared::clock::SystemClock;
use constellation_shared::entropy::SystemEntropy;
use constellation_shared::erased::ErasedAccountsSource;
use constellation_shared::household::Membership;
use constellation_shared::http::serve;
use constellation_shared::id::UserId;
use constellation_testing::{ManualClock, TokenForge};
use mongodb::bson::Document;
use mongodb::event::EventHandler;
use mongodb::event::command::CommandEvent;
use mongodb::options::{Acknowledgment, ClientOptions, ReadConcern, WriteConcern};
use mongodb::{Client, Database};
use serde_json::{Value, json};
use tokio::net::TcpListener;

pub(crate) const MORNING: &str = "2026-11-23T08:00:00Z";

/// What a mutation answers with, as far as most tests look.
pub(crate) const EXPENSE: &str = "id version description amount { amount currency } merchant category tags notes date createdAt updatedAt voidedAt";

#[derive(Clone)]
pub(crate) struct Service {
    pub address: SocketAddr,
    pub forge: Arc<TokenForge>,
    pub clock: Arc<ManualClock>,
    pub database: Database,
    commands: Arc<Mutex<Vec<Document>>>,
    http: reqwest::Client,
    _serving: Arc<Serving>,
}

/// A service that ends with whoever last knows it.
struct Serving(tokio::task::JoinHandle<std::io::Result<()>>);

impl Drop for Serving {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// An answer of the graph.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Answer {
    pub data: Value,
    pub errors: Vec<Value>,
}

impl Service {
    pub(crate) async fn start() -> Self {
        let place = constellation_mongod::testing::database().await;
        Self::start_on(&place.uri, &place.name).await
    }

    /// One whose database has this place.
    pub(crate) async fn start_on(uri: &str, name: &str) -> Self {
        Self::start_at(uri, name, Arc::new(ManualClock::at(MORNING))).await
    }

    /// One whose time is told by this clock too.
    pub(crate) async fn start_at(uri: &str, name: &str, clock: Arc<ManualClock>) -> Self {
        let commands = Arc::new(Mutex::new(Vec::new()));
        let mut options = ClientOptions::parse(uri).await.unwrap();
        options.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Majority).build());
        options.read_concern = Some(ReadConcern::majority());
        let log = Arc::clone(&commands);
        options.command_event_handler = Some(EventHandler::callback(move |event| {
            if let CommandEvent::Started(event) = event {
                log.lock().unwrap().push(event.command);
            }
        }));
        let database = Client::with_options(options).unwrap().database(name);
        let forge = Arc::new(TokenForge::new(1));
        let expense = Expense::build(Dependencies {
            database: database.clone(),
            verifier: Arc::new(forge.verifier(Arc::new(SystemClock))),
            erased: None,
            clock: clock.clone(),
            entropy: Arc::new(SystemEntropy),
        })
        .await
        .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let serving = tokio::spawn(serve(listener, expense.routes(), std::future::pending()));
        Self {
            _serving: Arc::new(Serving(serving)),
            address,
            forge,
            clock,
            database,
            commands,
            http: reqwest::Client::new(),
        }
    }

    /// A replica of this service that follows a log of erased accounts.
    pub(crate) async fn following(&self, source: ErasedAccountsSource) -> Expense {
        Expense::build(Dependencies {
            database: self.database.clone(),
            verifier: Arc::new(self.forge.verifier(Arc::new(SystemClock))),
            erased: Some(source),
            clock: self.clock.clone(),
            entropy: Arc::new(SystemEntropy),
        })
        .await
        .unwrap()
    }

    /// Somebody nobody else is.
    pub(crate) fn person(&self) -> Person {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Person {
            service: self.clone(),
            id: Some(UserId::from_uuid(uuid::Uuid::from_u64_pair(
                0x0192_0000_0000_7000,
                number,
            ))),
            households: Vec::new(),
        }
    }

    pub(crate) fn anonymous(&self) -> Person {
        Person {
            service: self.clone(),
            id: None,
            households: Vec::new(),
        }
    }

    /// The commands that this makes the database run, but for those of keeping up the connection.
    pub(crate) async fn commands_of<T>(&self, work: impl Future<Output = T>) -> (Vec<Document>, T) {
        self.commands.lock().unwrap().clear();
        let result = work.await;
        let commands = std::mem::take(&mut *self.commands.lock().unwrap());
        let own = |command: &Document| {
            let name = command.keys().next().unwrap();
            !["hello", "ismaster", "endSessions", "killCursors"].contains(&name.as_str())
        };
        (commands.into_iter().filter(own).collect(), result)
    }

    pub(crate) async fn post(&self, authorization: Option<&str>, body: &Value) -> reqwest::Response {
        let mut request = self
            .http
            .post(format!("http://{}/graphql", self.address))
            .json(body);
        if let Some(authorization) = authorization {
            request = request.header("authorization", authorization);
        }
        request.send().await.unwrap()
    }
}

/// Somebody who calls the service.
#[derive(Clone)]
pub(crate) struct Person {
    pub service: Service,
    id: Option<UserId>,
    /// What the person's tokens say of households.
    pub households: Vec<Membership>,
}

impl Person {
    pub(crate) fn id(&self) -> String {
        self.id.expect("somebody who is signed in").to_string()
    }

    /// The same person, who calls another service of the same database.
    pub(crate) fn through(&self, service: Service) -> Self {
        Self {
            service,
            ..self.clone()
        }
    }

    pub(crate) async fn ask(&self, query: &str, variables: Value) -> Answer {
        let authorization = self.id.map(|_| self.bearer());
        let body = json!({ "query": query, "variables": variables });
        let response = self.service.post(authorization.as_deref(), &body).await;
        assert_eq!(response.status(), 200);
        let mut body: Value = response.json().await.unwrap();
        let errors = body["errors"].take().as_array().cloned().unwrap_or_default();
        for error in &errors {
            assert!(error["extensions"]["code"].is_string(), "no code: {error}");
        }
        Answer {
            data: body["data"].take(),
            errors,
        }
    }

    /// `Bearer` and this person's token.
    pub(crate) fn bearer(&self) -> String {
        let forge = &self.service.forge;
        let mut claims = forge.claims(self.user());
        claims.households.clone_from(&self.households);
        format!("Bearer {}", forge.sign(&forge.header(), &claims))
    }

    pub(crate) fn user(&self) -> UserId {
        self.id.expect("somebody who is signed in")
    }

    /// The answer's data, when nothing must go wrong.
    pub(crate) async fn get(&self, query: &str, variables: Value) -> Value {
        let answer = self.ask(query, variables).await;
        assert_eq!(answer.errors, Vec::<Value>::new());
        answer.data
    }

    /// The payload of `createExpense`.
    pub(crate) async fn create(&self, input: Value) -> Value {
        let query = format!(
            "mutation($input: CreateExpenseInput!) {{ createExpense(input: $input) {{ expense {{ {EXPENSE} }} userErrors {{ code message path }} }} }}"
        );
        self.get(&query, json!({ "input": input })).await["createExpense"].take()
    }

    /// The expense that this input makes.
    pub(crate) async fn record(&self, input: Value) -> Value {
        let mut payload = self.create(input).await;
        assert_eq!(payload["userErrors"], json!([]));
        payload["expense"].take()
    }

    /// The payload of `updateExpense`, `voidExpense` or `restoreExpense`.
    pub(crate) async fn change(&self, mutation: &str, input: Value) -> Value {
        let kind = format!("{}{}", mutation[..1].to_uppercase(), &mutation[1..]);
        let query = format!(
            "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ expense {{ {EXPENSE} }} userErrors {{ code message path }} }} }}"
        );
        self.get(&query, json!({ "input": input })).await[mutation].take()
    }

    /// A selection of this person as a federation entity, which is how the router asks for it.
    pub(crate) async fn me(&self, selection: &str, variables: Value) -> Value {
        let answer = self.ask_about(&self.id(), selection, variables).await;
        assert_eq!(answer.errors, Vec::<Value>::new());
        answer.data["_entities"][0].clone()
    }

    pub(crate) async fn ask_about(&self, user: &str, selection: &str, variables: Value) -> Answer {
        self.ask_about_one("User", user, selection, variables).await
    }

    /// A selection of one federation entity.
    pub(crate) async fn ask_about_one(
        &self,
        kind: &str,
        id: &str,
        selection: &str,
        mut variables: Value,
    ) -> Answer {
        let query = entities_query(kind, selection);
        variables["representations"] = json!([{ "__typename": kind, "id": id }]);
        self.ask(&query, variables).await
    }

    pub(crate) async fn entities(&self, kind: &str, ids: &[String], selection: &str) -> Answer {
        let representations: Vec<Value> = ids
            .iter()
            .map(|id| json!({ "__typename": kind, "id": id }))
            .collect();
        self.ask(
            &entities_query(kind, selection),
            json!({ "representations": representations }),
        )
        .await
    }
}

fn entities_query(kind: &str, selection: &str) -> String {
    let mut variables = String::new();
    for (name, kind) in [
        ("filter", "ExpenseFilter"),
        ("orderBy", "ExpenseOrder"),
        ("groupBy", "ExpenseGrouping!"),
        ("compare", "MonthComparison"),
        ("convert", "Boolean!"),
        ("first", "Int"),
        ("last", "Int"),
        ("after", "String"),
        ("before", "String"),
    ] {
        if selection.contains(&format!("${name}")) {
            write!(variables, ", ${name}: {kind}").unwrap();
        }
    }
    format!(
        "query($representations: [_Any!]!{variables}) {{ _entities(representations: $representations) {{ ... on {kind} {{ {selection} }} }} }}"
    )
}

/// An input with a key nobody used before.
pub(crate) fn bread() -> Value {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    json!({
        "idempotencyKey": format!("key-{}", NEXT.fetch_add(1, Ordering::Relaxed)),
        "amount": { "amount": "3.50", "currency": "EUR" },
        "description": "Bread",
        "date": "2026-11-23",
    })
}

/// `base` with the fields of `changes`.
pub(crate) fn with(mut base: Value, changes: Value) -> Value {
    let Value::Object(changes) = changes else {
        panic!("changes are an object");
    };
    for (field, value) in changes {
        base[field] = value;
    }
    base
}

/// The codes of an answer's errors.
pub(crate) fn codes(answer: &Answer) -> Vec<&str> {
    answer
        .errors
        .iter()
        .map(|error| error["extensions"]["code"].as_str().unwrap())
        .collect()
}

/// The codes of a payload's `userErrors`.
pub(crate) fn user_codes(payload: &Value) -> Vec<&str> {
    let errors = payload["userErrors"].as_array().unwrap();
    errors
        .iter()
        .map(|error| error["code"].as_str().unwrap())
        .collect()
}
