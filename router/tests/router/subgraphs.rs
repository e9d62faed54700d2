//! Two subgraphs that hold what the tests need, on async-graphql and axum like the real ones.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_graphql::{
    ComplexObject, Context, EmptyMutation, EmptySubscription, Enum, ErrorExtensions, ID, Object, ObjectType,
    SDLExportOptions, Schema, SimpleObject, Subscription, SubscriptionType,
};
use async_graphql_axum::GraphQL;
use axum::Router;
use axum::extract::{FromRequest as _, Request};
use axum::middleware::{Next, from_fn};
use axum::response::IntoResponse as _;
use axum::routing::post_service;
use constellation_shared::clock::SystemClock;
use constellation_shared::graphql::endpoint;
use federation_composition::{CompositionResult, ServiceDefinition, compose_services, graphql_core};
use futures_util::stream::{Stream, StreamExt as _, iter};
use http::HeaderMap;
use tokio::sync::Semaphore;
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::support::forge;

/// A subgraph and what it has been asked.
#[derive(Clone)]
pub(crate) struct Subgraph {
    pub(crate) service: Router,
    pub(crate) received: Arc<Mutex<Vec<HeaderMap>>>,
}

/// A door in a resolver: the test sees who has come to it, and opens it.
#[derive(Clone)]
pub(crate) struct Gate {
    arrived: Arc<Semaphore>,
    open: Arc<Semaphore>,
    left: Arc<Semaphore>,
}

/// Tells when it is gone.
struct Leaving(Arc<Semaphore>);

impl Drop for Leaving {
    fn drop(&mut self) {
        self.0.add_permits(1);
    }
}

impl Gate {
    fn new() -> Self {
        Self {
            arrived: Arc::new(Semaphore::new(0)),
            open: Arc::new(Semaphore::new(0)),
            left: Arc::new(Semaphore::new(0)),
        }
    }

    async fn pass(&self) {
        self.arrived.add_permits(1);
        self.open.acquire().await.unwrap().forget();
    }

    /// Waits until `count` have come to the door.
    pub(crate) async fn wait_for(&self, count: u32) {
        let arrived = timeout(Duration::from_mins(1), self.arrived.acquire_many(count)).await;
        arrived.expect("they all come to the door").unwrap().forget();
    }

    /// Waits until a stream that has come to the door is over.
    pub(crate) async fn left(&self) {
        let left = timeout(Duration::from_mins(1), self.left.acquire()).await;
        left.expect("the stream ends").unwrap().forget();
    }

    pub(crate) fn let_in(&self, count: usize) {
        self.open.add_permits(count);
    }
}

#[derive(SimpleObject)]
#[graphql(complex)]
struct User {
    id: ID,
    display_name: String,
}

#[ComplexObject]
impl User {
    async fn friend(&self) -> User {
        user("2")
    }
}

struct People;

#[Object(name = "Query")]
impl People {
    async fn me(&self) -> Option<User> {
        Some(user("1"))
    }

    async fn people(&self) -> Vec<User> {
        vec![user("1"), user("2"), user("3")]
    }

    async fn greet(&self, name: String, times: Option<i32>) -> String {
        format!("Hello, {name}!").repeat(usize::try_from(times.unwrap_or(1)).unwrap())
    }

    #[graphql(entity)]
    async fn user(&self, id: ID) -> Option<User> {
        Some(user(&id))
    }
}

struct Register;

#[Object(name = "Mutation")]
impl Register {
    async fn register(&self, name: String) -> String {
        name
    }
}

fn user(id: &str) -> User {
    User {
        id: id.into(),
        display_name: format!("Person {id}"),
    }
}

struct Spender(ID);

#[Object(name = "User")]
impl Spender {
    async fn id(&self) -> &ID {
        &self.0
    }

    /// What each person spent; whoever is 2 may not be asked.
    async fn total(&self) -> async_graphql::Result<Option<i32>> {
        if self.0 == "2" {
            return Err(coded("This is not yours to see.", "FORBIDDEN"));
        }
        Ok(Some(100))
    }

    async fn expenses(&self) -> Vec<Expense> {
        vec![Expense {
            description: format!("Bread of {}", self.0.as_str()),
        }]
    }
}

#[derive(SimpleObject)]
struct Expense {
    description: String,
}

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum Mood {
    Good,
    Bad,
}

struct Spending;

#[Object(name = "Query")]
impl Spending {
    async fn latest(&self) -> Option<Expense> {
        Some(Expense {
            description: "Bread".into(),
        })
    }

    async fn mood(&self) -> Option<Mood> {
        Some(Mood::Bad)
    }

    /// Fails with any code, or none.
    async fn fail(&self, code: Option<String>) -> async_graphql::Result<Option<String>> {
        match code {
            Some(code) => Err(coded("What the subgraph says.", &code)),
            None => Err("mongodb://secret.example:27017 refused the connection".into()),
        }
    }

    async fn panic(&self) -> Option<String> {
        Some(nothing().expect("the test wants it so"))
    }

    /// Who asked, by the `Authorization` header, once the gate is open.
    async fn who_waits(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_unchecked::<Gate>().pass().await;
        ctx.data_unchecked::<Asked>().0.clone()
    }

    #[graphql(entity)]
    async fn user(&self, id: ID) -> Option<Spender> {
        Some(Spender(id))
    }
}

struct News;

#[Subscription(name = "Subscription")]
impl News {
    /// Everybody who spends something, one after the other; then an error, if one is wanted.
    async fn spending(
        &self,
        people: Vec<ID>,
        fail: Option<String>,
    ) -> impl Stream<Item = async_graphql::Result<Spender>> {
        let end = fail.map(|code| Err(coded("What the subgraph says.", &code)));
        iter(people.into_iter().map(|id| Ok(Spender(id))).chain(end))
    }

    /// The first one at once, and more when the gate is open.
    async fn gated(&self, ctx: &Context<'_>, more: i32) -> impl Stream<Item = i32> {
        let gate = ctx.data_unchecked::<Gate>().clone();
        let leaving = Leaving(Arc::clone(&gate.left));
        let later = iter(1..=more).then(move |number| {
            let (gate, _leaving) = (gate.clone(), &leaving);
            async move {
                if number == 1 {
                    gate.pass().await;
                }
                number
            }
        });
        iter([0]).chain(later)
    }
}

fn nothing() -> Option<String> {
    None
}

/// The `Authorization` header of the request.
struct Asked(Option<String>);

fn coded(message: &str, code: &str) -> async_graphql::Error {
    let error = async_graphql::Error {
        message: message.into(),
        source: None,
        extensions: None,
    };
    error.extend_with(|_, extensions| extensions.set("code", code))
}

type PeopleSchema = Schema<People, Register, EmptySubscription>;
type SpendingSchema = Schema<Spending, EmptyMutation, News>;

/// The two subgraphs, and the gate in `whoWaits`.
pub(crate) struct Subgraphs {
    pub(crate) auth: Subgraph,
    pub(crate) expense: Subgraph,
    pub(crate) gate: Gate,
}

impl Subgraphs {
    pub(crate) fn new() -> Self {
        let gate = Gate::new();
        let (people, spending) = (people_schema(), spending_schema(gate.clone()));
        // The doors of a real subgraph, which answer subscriptions.
        let doors = endpoint(
            spending.clone(),
            Arc::new(forge().verifier(Arc::new(SystemClock))),
        );
        Self {
            auth: subgraph(Router::new().route("/graphql", post_service(GraphQL::new(people)))),
            expense: subgraph(Router::new().route(
                "/graphql",
                axum::routing::post(async move |headers: HeaderMap, request: Request| {
                    let wanted = headers.get("accept").map(|accept| accept.to_str().unwrap());
                    if wanted.is_some_and(|accept| accept.contains("text/event-stream")) {
                        return doors.oneshot(request).await.into_response();
                    }
                    let request = async_graphql_axum::GraphQLRequest::<
                        async_graphql_axum::rejection::GraphQLRejection,
                    >::from_request(request, &())
                    .await
                    .ok()
                    .unwrap();
                    let asked = headers
                        .get("authorization")
                        .map(|value| value.to_str().unwrap().to_owned());
                    let response = spending.execute(request.into_inner().data(Asked(asked))).await;
                    async_graphql_axum::GraphQLResponse::from(response).into_response()
                }),
            )),
            gate,
        }
    }
}

fn people_schema() -> PeopleSchema {
    Schema::build(People, Register, EmptySubscription)
        .enable_federation()
        .finish()
}

fn spending_schema(gate: Gate) -> SpendingSchema {
    Schema::build(Spending, EmptyMutation, News)
        .enable_federation()
        .enable_subscription_in_federation()
        .data(gate)
        .finish()
}

fn subgraph(service: Router) -> Subgraph {
    let received = Arc::new(Mutex::new(Vec::new()));
    let log = Arc::clone(&received);
    let service = service.layer(from_fn(move |request: Request, next: Next| {
        log.lock().unwrap().push(request.headers().clone());
        next.run(request)
    }));
    Subgraph { service, received }
}

/// The supergraph of the two.
pub(crate) fn supergraph() -> String {
    let auth = definition("auth", &people_schema());
    let expense = definition("expense", &spending_schema(Gate::new()));
    match compose_services(&[auth, expense]).unwrap() {
        CompositionResult::Success(composed) => composed.supergraph_sdl().to_owned(),
        CompositionResult::Failure(failure) => panic!("{failure}"),
    }
}

fn definition<Q, M, S>(name: &str, schema: &Schema<Q, M, S>) -> ServiceDefinition
where
    Q: ObjectType + 'static,
    M: ObjectType + 'static,
    S: SubscriptionType + 'static,
{
    let sdl = schema.sdl_with_options(SDLExportOptions::new().federation());
    ServiceDefinition::new(name, graphql_core::parse(&sdl).unwrap())
        .with_url(format!("http://{name}.test:4001/graphql"))
}
