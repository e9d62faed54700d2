use reqwest::header::HeaderMap;
use serde_json::{Value, json};

use super::Stack;

/// The codes that errors of the graph may have.
const CODES: [&str; 8] = [
    "UNAUTHENTICATED",
    "FORBIDDEN",
    "NOT_FOUND",
    "BAD_USER_INPUT",
    "CONFLICT",
    "RATE_LIMITED",
    "UNAVAILABLE",
    "INTERNAL",
];

/// An answer of the graph.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Value,
}

impl Answer {
    /// The data of an answer that has no errors.
    pub(crate) fn data(&self) -> &Value {
        assert_eq!(self.body.get("errors"), None, "{}", self.body);
        &self.body["data"]
    }

    /// The codes of its errors.
    pub(crate) fn codes(&self) -> Vec<&str> {
        let errors = self.body["errors"]
            .as_array()
            .map(Vec::as_slice)
            .unwrap_or_default();
        errors
            .iter()
            .map(|error| error["extensions"]["code"].as_str().unwrap())
            .collect()
    }
}

/// What holds of every answer, whatever was asked: each error has a code of ours, and nothing internal is told.
pub(crate) fn assert_well_formed(body: &Value) {
    let text = readable(body).to_string();
    for internal in [
        "DOWNSTREAM",
        "SUBGRAPH",
        "mongodb://",
        "panicked",
        ".rs:",
        "hive",
        "Hive",
    ] {
        assert!(!text.contains(internal), "{internal:?} leaks: {text}");
    }
    for error in body["errors"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let code = error["extensions"]["code"].as_str().unwrap_or("no code");
        assert!(CODES.contains(&code), "{code}: {text}");
        assert!(!error["message"].as_str().unwrap().is_empty(), "{text}");
    }
}

/// The answer without its tokens and cursors: they are base64, and any short word comes up in enough of it.
fn readable(value: &Value) -> Value {
    let opaque = |name: &str| name.ends_with("Token") || name.to_lowercase().ends_with("cursor");
    match value {
        Value::Object(fields) => {
            let read = fields.iter().filter(|(name, _)| !opaque(name));
            Value::Object(
                read.map(|(name, value)| (name.clone(), readable(value)))
                    .collect(),
            )
        }
        Value::Array(items) => Value::Array(items.iter().map(readable).collect()),
        other => other.clone(),
    }
}

/// Sends an operation to a `/graphql` endpoint.
pub(crate) async fn post(url: &str, authorization: Option<&str>, query: &str, variables: Value) -> Answer {
    let request = reqwest::Client::new()
        .post(format!("{url}/graphql"))
        .json(&json!({ "query": query, "variables": variables }));
    let request = match authorization {
        Some(value) => request.header("authorization", value),
        None => request,
    };
    let response = request.send().await.unwrap();
    let (status, headers) = (response.status().as_u16(), response.headers().clone());
    let body = response.json().await.unwrap();
    assert_well_formed(&body);
    Answer {
        status,
        headers,
        body,
    }
}

/// Somebody who has signed up.
pub(crate) struct Person {
    pub(crate) id: String,
    pub(crate) email: String,
    pub(crate) access: String,
    pub(crate) refresh: String,
}

pub(crate) const PASSWORD: &str = "three blue boats at sea";

impl Stack {
    /// Asks the router, as nobody.
    pub(crate) async fn anonymous(&self, query: &str, variables: Value) -> Answer {
        post(&self.router, None, query, variables).await
    }

    /// Asks the router, as this person.
    pub(crate) async fn ask(&self, person: &Person, query: &str, variables: Value) -> Answer {
        post(
            &self.router,
            Some(&format!("Bearer {}", person.access)),
            query,
            variables,
        )
        .await
    }

    /// Asks a subgraph directly, as somebody inside the network could.
    pub(crate) async fn direct(
        subgraph: &str,
        person: Option<&Person>,
        query: &str,
        variables: Value,
    ) -> Answer {
        let authorization = person.map(|person| format!("Bearer {}", person.access));
        post(subgraph, authorization.as_deref(), query, variables).await
    }

    /// A new person, signed up through the router.
    pub(crate) async fn newcomer(&self, name: &str) -> Person {
        let email = format!("{name}.{}@example.org", unique());
        let answer = self
            .anonymous(
                "mutation($input: RegisterInput!) { register(input: $input) {
                    user { id } tokens { accessToken refreshToken } userErrors { code message path } } }",
                json!({ "input": { "email": email, "password": PASSWORD, "displayName": name } }),
            )
            .await;
        let payload = &answer.data()["register"];
        assert_eq!(payload["userErrors"], json!([]));
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        Person {
            id: text(&payload["user"]["id"]),
            email,
            access: text(&payload["tokens"]["accessToken"]),
            refresh: text(&payload["tokens"]["refreshToken"]),
        }
    }

    /// The next tokens of this person, which tell of their households as they are now.
    pub(crate) async fn refreshed(&self, person: &Person) -> Person {
        let query = "mutation($input: RefreshInput!) { refresh(input: $input) { tokens { accessToken refreshToken } } }";
        let input = json!({ "input": { "refreshToken": person.refresh } });
        let answer = self.anonymous(query, input).await;
        let text = |name: &str| {
            let token = &answer.data()["refresh"]["tokens"][name];
            token.as_str().unwrap().to_owned()
        };
        Person {
            id: person.id.clone(),
            email: person.email.clone(),
            access: text("accessToken"),
            refresh: text("refreshToken"),
        }
    }

    /// Somebody who owns a household, and its id.
    pub(crate) async fn householder(&self, name: &str) -> (Person, String) {
        let person = self.newcomer(name).await;
        let query =
            "mutation($input: CreateHouseholdInput!) { createHousehold(input: $input) { household { id } } }";
        let input = json!({ "name": "Home", "currency": "EUR", "timeZone": "Europe/Berlin" });
        let answer = self.ask(&person, query, json!({ "input": input })).await;
        let household = answer.data()["createHousehold"]["household"]["id"].as_str();
        (self.refreshed(&person).await, household.unwrap().to_owned())
    }

    /// Records an expense of this person and gives its id. What `fields` says comes before the defaults.
    pub(crate) async fn expense(&self, person: &Person, fields: Value) -> String {
        let mut input = json!({
            "idempotencyKey": unique(),
            "amount": { "amount": "12.30", "currency": "EUR" },
            "description": "Bread and cheese",
            "date": "2026-01-31",
        });
        for (name, value) in fields.as_object().unwrap() {
            input[name] = value.clone();
        }
        let answer = self
            .ask(
                person,
                "mutation($input: CreateExpenseInput!) { createExpense(input: $input) {
                    expense { id } userErrors { code message path } } }",
                json!({ "input": input }),
            )
            .await;
        let payload = &answer.data()["createExpense"];
        assert_eq!(payload["userErrors"], json!([]));
        payload["expense"]["id"].as_str().unwrap().to_owned()
    }
}

/// A text that no other test uses.
pub(crate) fn unique() -> String {
    use constellation_shared::entropy::{SystemEntropy, random};
    uuid::Builder::from_random_bytes(random(&SystemEntropy))
        .as_uuid()
        .simple()
        .to_string()
}
