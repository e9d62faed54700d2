//! Running auth services, and what a client says to them.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constellation_auth::{
    Auth, ClientSettings, Dependencies, Keys, LeavingSettings, MailSettings, Operators, PasswordSettings,
};
use constellation_mongod::testing::{TestDatabase, database};
use constellation_shared::auth::ClaimSettings;
use constellation_shared::clock::SystemClock;
use constellation_shared::entropy::SystemEntropy;
use constellation_shared::http::serve;
use constellation_shared::mongo::{StoreError, connect};
use constellation_shared::program::Stop;
use constellation_testing::{AUDIENCE, ISSUER, ManualClock, TokenForge, Wire};
use futures_util::TryStreamExt as _;
use mongodb::Collection;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::watch;

pub(crate) const PASSWORD: &str = "three blue boats at sea";

/// What all replicas of one deployment share: a database, keys and the time.
pub(crate) struct Deployment {
    database: TestDatabase,
    keys: tempfile::TempDir,
    mails: tempfile::TempDir,
    pub(crate) clock: Arc<ManualClock>,
}

/// One running auth service.
pub(crate) struct Service {
    pub(crate) url: String,
    http: reqwest::Client,
    auth: Arc<Auth>,
    // Dropping the last one stops the service.
    stop: Arc<watch::Sender<bool>>,
}

/// The two tokens of a session.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pair {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

impl Deployment {
    pub(crate) async fn new() -> Self {
        Self {
            database: database().await,
            keys: tempfile::tempdir().unwrap(),
            mails: tempfile::tempdir().unwrap(),
            clock: Arc::new(ManualClock::at("2100-01-31T12:00:00Z")),
        }
    }

    pub(crate) async fn service(&self) -> Service {
        self.service_with(cheap()).await
    }

    pub(crate) async fn service_with(&self, passwords: PasswordSettings) -> Service {
        self.service_for(passwords, tolerant()).await
    }

    /// A service that counts attempts as it does by default.
    pub(crate) async fn strict_service(&self) -> Service {
        self.service_for(cheap(), ClientSettings::default()).await
    }

    pub(crate) async fn service_for(&self, passwords: PasswordSettings, clients: ClientSettings) -> Service {
        let mail = self.mail_settings();
        self.service_of(
            &self.database.uri,
            passwords,
            clients,
            mail,
            LeavingSettings::default(),
        )
        .await
    }

    /// A service that sends its mails in another way than to the folder.
    pub(crate) async fn service_mailing(&self, mail: MailSettings) -> Service {
        let leaving = LeavingSettings::default();
        self.service_of(&self.database.uri, cheap(), tolerant(), mail, leaving)
            .await
    }

    /// A service that leaves nobody time to change their mind about leaving.
    pub(crate) async fn service_without_grace(&self, mail: MailSettings) -> Service {
        let leaving = LeavingSettings {
            account_deletion_grace_days: 0,
        };
        self.service_of(&self.database.uri, cheap(), tolerant(), mail, leaving)
            .await
    }

    /// A service that reaches its database through a wire that can be cut.
    pub(crate) async fn service_behind(&self, wire: &Wire) -> Service {
        let (mail, leaving) = (self.mail_settings(), LeavingSettings::default());
        self.service_of(&wire.uri(), cheap(), tolerant(), mail, leaving)
            .await
    }

    /// A new wire to the database.
    pub(crate) async fn wire(&self) -> Wire {
        Wire::to(&self.database.uri).await
    }

    /// Mails go to a folder, and link to an app.
    pub(crate) fn mail_settings(&self) -> MailSettings {
        MailSettings {
            mail_dir: Some(self.mails.path().to_owned()),
            app_url: Some("https://app.example.org".parse().unwrap()),
            ..Default::default()
        }
    }

    /// The folder that mails are written to.
    pub(crate) fn mail_folder(&self) -> &std::path::Path {
        self.mails.path()
    }

    async fn service_of(
        &self,
        uri: &str,
        passwords: PasswordSettings,
        clients: ClientSettings,
        mail: MailSettings,
        leaving: LeavingSettings,
    ) -> Service {
        let database = connect(uri, "auth-test", &self.database.name).await.unwrap();
        let auth = Auth::build(Dependencies {
            database,
            keys: self.keys(),
            claims: ClaimSettings {
                token_issuer: ISSUER.into(),
                token_audience: AUDIENCE.into(),
            },
            passwords,
            clients,
            leaving,
            mail,
            clock: self.clock.clone(),
            entropy: Arc::new(SystemEntropy),
        })
        .await
        .unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (stop, stopped) = Stop::channel();
        tokio::spawn(serve(listener, auth.routes(), stopped.requested()));
        Service {
            url,
            http: reqwest::Client::new(),
            auth: Arc::new(auth),
            stop: Arc::new(stop),
        }
    }

    pub(crate) fn keys_file(&self) -> PathBuf {
        self.keys.path().join("keys.json")
    }

    fn keys(&self) -> Keys {
        Keys::read_or_generate(&self.keys_file(), &SystemClock, &SystemEntropy).unwrap()
    }

    /// A forger who has got hold of the signing key.
    pub(crate) fn forge(&self) -> TokenForge {
        let _ = self.keys();
        let file: Value = serde_json::from_slice(&std::fs::read(self.keys_file()).unwrap()).unwrap();
        TokenForge::with_pem(file["signing"][0]["secret"].as_str().unwrap())
    }

    pub(crate) fn advance(&self, seconds: u64) {
        self.clock.advance(Duration::from_secs(seconds));
    }

    /// Makes MongoDB refuse whatever is written to a collection from now on.
    pub(crate) async fn refuse_writes(&self, collection: &str) {
        let refusing = doc! { "collMod": collection, "validator": { "$expr": false } };
        self.database.connect().await.run_command(refusing).await.unwrap();
    }

    /// Whether MongoDB removes what is in a collection by the time that this field says.
    pub(crate) async fn forgets_by(&self, collection: &str, field: &str) -> bool {
        let collection = self.stored(collection).await;
        let indexes: Vec<_> = collection
            .list_indexes()
            .await
            .unwrap()
            .try_collect()
            .await
            .unwrap();
        indexes.into_iter().any(|index| {
            let at_its_end = index
                .options
                .is_some_and(|options| options.expire_after == Some(Duration::ZERO));
            index.keys == doc! { field: 1 } && at_its_end
        })
    }

    /// What those who run the service can do, in a program of its own.
    pub(crate) async fn operators(&self) -> Operators {
        let database = connect(&self.database.uri, "operators-test", &self.database.name)
            .await
            .unwrap();
        constellation_auth::operators(&database, self.clock.clone(), Arc::new(SystemEntropy))
            .await
            .unwrap()
    }

    /// Whether somebody is about to update a document that a transaction has changed, and waits for it to end.
    pub(crate) async fn an_update_waits(&self, collection: &str) -> bool {
        let database = self.database.connect().await;
        let waiting = doc! { "ns": format!("{}.{collection}", self.database.name), "op": "update" };
        let operations = [doc! { "$currentOp": {} }, doc! { "$match": waiting }];
        let mut found = database
            .client()
            .database("admin")
            .aggregate(operations)
            .await
            .unwrap();
        found.advance().await.unwrap()
    }

    /// Runs a command on the database.
    pub(crate) async fn run(&self, command: Document) -> Document {
        self.database.connect().await.run_command(command).await.unwrap()
    }

    /// A collection as it is stored.
    pub(crate) async fn stored(&self, collection: &str) -> Collection<Document> {
        self.database.connect().await.collection(collection)
    }
}

/// These tests all come from one address; those about the budget say what it is.
fn tolerant() -> ClientSettings {
    ClientSettings {
        address_budget: 1_000,
        ..ClientSettings::default()
    }
}

/// The cheapest parameters allowed: most tests are not about the cost of hashing.
pub(crate) fn cheap() -> PasswordSettings {
    PasswordSettings {
        password_hash_memory_kib: 7_168,
        password_hash_passes: 1,
        ..PasswordSettings::default()
    }
}

impl Service {
    /// The same service, reached through a proxy on this machine that says it speaks for this address.
    pub(crate) fn at(&self, address: &str) -> Self {
        let headers = [("x-forwarded-for".parse().unwrap(), address.parse().unwrap())];
        Self {
            url: self.url.clone(),
            http: reqwest::Client::builder()
                .default_headers(headers.into_iter().collect())
                .build()
                .unwrap(),
            auth: Arc::clone(&self.auth),
            stop: Arc::clone(&self.stop),
        }
    }

    /// Lets this replica try to send all mails that are due, and counts those that were sent.
    pub(crate) async fn deliver(&self) -> usize {
        self.auth.deliver_due_mail().await.unwrap()
    }

    /// Lets this replica erase all accounts that are due, and counts them.
    pub(crate) async fn erase(&self) -> usize {
        self.try_erase().await.unwrap()
    }

    pub(crate) async fn try_erase(&self) -> Result<usize, StoreError> {
        self.auth.erase_due_accounts().await
    }

    /// Lets this replica work in the background until what is returned is dropped.
    pub(crate) fn work_in_the_background(&self) -> watch::Sender<bool> {
        let (stop, stopped) = Stop::channel();
        tokio::spawn(self.auth.background(stopped));
        stop
    }

    /// The result of one mutation that a person sends; fails the test on top-level errors.
    pub(crate) async fn mutation_by(
        &self,
        token: Option<&str>,
        name: &str,
        fields: &str,
        input: Value,
    ) -> Value {
        let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!(
            "mutation($input: {input_type}!) {{ {name}(input: $input) {{ {fields} userErrors {{ code message path }} }} }}"
        );
        let answer = self.graphql(token, &query, json!({ "input": input })).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"][name].clone()
    }

    /// Sends a form as a browser does, and gives the status and the page.
    pub(crate) async fn submit(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let form: String = url::form_urlencoded::Serializer::new(String::new())
            .extend_pairs(form)
            .finish();
        let response = self
            .http
            .post(format!("{}{path}", self.url))
            .header("content-type", "application/x-www-form-urlencoded")
            .body(form)
            .send()
            .await
            .unwrap();
        (response.status().as_u16(), response.text().await.unwrap())
    }

    /// Sends an operation, with an access token if there is one, and gives the whole answer.
    pub(crate) async fn graphql(&self, token: Option<&str>, query: &str, variables: Value) -> Value {
        let request = self.http.post(format!("{}/graphql", self.url));
        let request = match token {
            Some(token) => request.bearer_auth(token),
            None => request,
        };
        let response = request
            .json(&json!({ "query": query, "variables": variables }))
            .send()
            .await
            .unwrap();
        response.json().await.unwrap()
    }

    /// The result of one mutation that takes an input; fails the test on top-level errors.
    async fn mutation(&self, name: &str, fields: &str, input: Value) -> Value {
        let input_type = format!("{}{}Input", name[..1].to_uppercase(), &name[1..]);
        let query = format!("mutation($input: {input_type}!) {{ {name}(input: $input) {{ {fields} }} }}");
        let answer = self.graphql(None, &query, json!({ "input": input })).await;
        assert_eq!(answer.get("errors"), None, "{answer}");
        answer["data"][name].clone()
    }

    pub(crate) async fn register(&self, input: Value) -> Value {
        let fields = "user { id email displayName createdAt } tokens { accessToken refreshToken expiresIn tokenType } userErrors { code message path }";
        self.mutation("register", fields, input).await
    }

    pub(crate) async fn login(&self, input: Value) -> Value {
        let fields = "user { id } tokens { accessToken refreshToken } userErrors { code message path }";
        self.mutation("login", fields, input).await
    }

    /// Registers a new person and gives their tokens.
    pub(crate) async fn newcomer(&self) -> Pair {
        let email = format!(
            "{}@example.org",
            uuid::Builder::from_random_bytes(constellation_shared::entropy::random(&SystemEntropy)).as_uuid()
        );
        pair(
            &self
                .register(json!({ "email": email, "password": PASSWORD, "displayName": "Newcomer" }))
                .await,
        )
        .unwrap()
    }

    /// Exchanges a refresh token: the new tokens, or the code of the refusal.
    pub(crate) async fn refresh(&self, token: &str) -> Result<Pair, String> {
        let fields = "tokens { accessToken refreshToken } userErrors { code message path }";
        let payload = self
            .mutation("refresh", fields, json!({ "refreshToken": token }))
            .await;
        pair(&payload)
    }

    /// Ends a session; the code of the refusal otherwise.
    pub(crate) async fn logout(&self, token: &str) -> Result<(), String> {
        let payload = self
            .mutation(
                "logout",
                "signedOut userErrors { code message path }",
                json!({ "refreshToken": token }),
            )
            .await;
        match code(&payload) {
            None => {
                assert_eq!(payload["signedOut"], true);
                Ok(())
            }
            Some(code) => Err(code),
        }
    }

    pub(crate) async fn post(&self, path: &str, body: Value) -> (u16, reqwest::header::HeaderMap, Value) {
        let response = self
            .http
            .post(format!("{}{path}", self.url))
            .json(&body)
            .send()
            .await
            .unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        (status, headers, response.json().await.unwrap())
    }

    pub(crate) async fn get(&self, path: &str) -> reqwest::Response {
        self.http.get(format!("{}{path}", self.url)).send().await.unwrap()
    }
}

/// Waits until something holds that happens within seconds. Only what never happens takes as long as this is patient.
pub(crate) async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let deadline = tokio::time::Instant::now() + Duration::from_mins(1);
    while !holds().await {
        assert!(
            tokio::time::Instant::now() < deadline,
            "it never happened: {what}"
        );
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// What a JWT says, unverified.
pub(crate) fn claims(token: &str) -> Value {
    let part = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
}

/// The tokens of a payload, or the code of its only user error.
pub(crate) fn pair(payload: &Value) -> Result<Pair, String> {
    match code(payload) {
        Some(code) => {
            assert_eq!(
                payload["tokens"],
                Value::Null,
                "tokens beside a refusal: {payload}"
            );
            Err(code)
        }
        None => Ok(Pair {
            access: payload["tokens"]["accessToken"].as_str().unwrap().to_owned(),
            refresh: payload["tokens"]["refreshToken"].as_str().unwrap().to_owned(),
        }),
    }
}

/// The code of a payload's only user error.
pub(crate) fn code(payload: &Value) -> Option<String> {
    let errors = payload["userErrors"].as_array().unwrap();
    assert!(errors.len() <= 1, "{payload}");
    errors
        .first()
        .map(|error| error["code"].as_str().unwrap().to_owned())
}
