//! What somebody has left here is erased when their account is, and nobody else's is touched.

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Query, State};
use axum::routing::get;
use constellation_shared::auth::{KeyRing, KeySet};
use constellation_shared::erased::{ERASED_TYPE, ErasedAccountsClaims, ErasedAccountsSource, FollowError};
use constellation_shared::household::Role;
use constellation_shared::id::UserId;
use constellation_testing::{ISSUER, TokenForge};
use mongodb::bson::{Document, doc};
use serde::Deserialize;
use serde_json::json;
use tokio::net::TcpListener;

use crate::family::Family;
use crate::support::{Person, Service, bread};

/// A log that says what it is told to say.
#[derive(Clone)]
struct Log {
    erased: Arc<Mutex<Vec<UserId>>>,
    forge: Arc<TokenForge>,
    page: usize,
    iat: i64,
}

#[derive(Deserialize)]
struct Place {
    after: usize,
}

impl Log {
    async fn of(service: &Service, forge: TokenForge, page: usize) -> (Self, ErasedAccountsSource) {
        let log = Self {
            erased: Arc::default(),
            forge: Arc::new(forge),
            page,
            iat: 0,
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let location = format!("http://{}/log", listener.local_addr().unwrap());
        let routes = Router::new()
            .route("/log", get(async |log, place| Self::answer(log, place)))
            .with_state(log.clone());
        tokio::spawn(async move { axum::serve(listener, routes).await });
        let source = ErasedAccountsSource {
            location: location.parse().unwrap(),
            keys: KeyRing::of(KeySet::from_jwks(service.forge.jwks().as_bytes()).unwrap()),
            issuer: ISSUER.into(),
        };
        (log, source)
    }

    fn answer(State(log): State<Self>, Query(place): Query<Place>) -> String {
        let erased = log.erased.lock().unwrap().clone();
        let accounts: Vec<_> = erased.iter().skip(place.after).take(log.page).copied().collect();
        let number = |number: usize| i64::try_from(number).unwrap();
        let claims = ErasedAccountsClaims {
            iss: ISSUER.into(),
            iat: log.iat,
            after: number(place.after),
            upto: number(place.after + accounts.len()),
            last: number(erased.len()),
            accounts,
        };
        let header = header(&log.forge);
        log.forge.sign(&header, &claims)
    }

    fn tells(&self, person: &Person) {
        self.erased.lock().unwrap().push(person.id().parse().unwrap());
    }
}

fn header(forge: &TokenForge) -> jsonwebtoken::Header {
    jsonwebtoken::Header {
        typ: Some(ERASED_TYPE.into()),
        ..forge.header()
    }
}

/// How many documents of this person's a collection has.
async fn count(service: &Service, name: &str, of: &str, person: &Person) -> u64 {
    let theirs = doc! { of: constellation_shared::mongo::ids::bson(person.user()) };
    let collection = service.database.collection::<Document>(name);
    collection.count_documents(theirs).await.unwrap()
}

async fn left(service: &Service, person: &Person) -> (u64, u64) {
    (
        count(service, "expenses", "owner", person).await,
        count(service, "changes", "owner", person).await,
    )
}

#[tokio::test]
async fn whoever_is_erased_leaves_nothing_and_nobody_else_loses_anything() {
    let service = Service::start().await;
    let (log, source) = Log::of(&service, TokenForge::new(1), 2).await;
    let follower = service.following(source).await;
    let people = [service.person(), service.person(), service.person()];
    let stays = service.person();
    for person in people.iter().chain([&stays]) {
        for _ in 0..3 {
            let expense = person.record(bread()).await;
            let id = &expense["id"];
            let input = json!({ "id": id, "expectedVersion": 1, "description": "Rye", "idempotencyKey": id });
            person.change("updateExpense", input).await;
        }
    }
    for person in &people {
        log.tells(person);
    }
    assert_eq!(follower.erase_now().await.unwrap(), 3);
    for person in &people {
        assert_eq!(left(&service, person).await, (0, 0));
        assert_eq!(count(&service, "keys", "person", person).await, 0);
    }
    assert_eq!(left(&service, &stays).await, (3, 6));
    assert_eq!(count(&service, "keys", "person", &stays).await, 3);
    assert_eq!(follower.erase_now().await.unwrap(), 0);
}

#[tokio::test]
async fn what_a_household_shares_stays_and_its_books_balance() {
    let service = Service::start().await;
    let (log, source) = Log::of(&service, TokenForge::new(1), 2).await;
    let follower = service.following(source).await;
    let family = Family::of(&service, &[Role::Owner, Role::Adult]);
    let leaves = &family.people[0];
    let members = json!({ "equal": family.ids(&[0, 1]) });
    let shared = family.input(
        "10.01",
        "EUR",
        json!({ "split": members, "idempotencyKey": "shared" }),
    );
    let shared = leaves.record(shared).await;
    let alone = json!({ "visibility": "PRIVATE", "idempotencyKey": "alone" });
    leaves.record(family.input("7.00", "EUR", alone)).await;
    log.tells(leaves);
    assert_eq!(follower.erase_now().await.unwrap(), 1);
    // The shared expense, and its one change.
    assert_eq!(left(&service, leaves).await, (1, 1));
    let seen = family
        .expense(1, &shared["id"], "owner { id } amount { amount }")
        .await;
    let owner = json!({ "id": leaves.id() });
    assert_eq!(
        seen,
        Some(json!({ "owner": owner, "amount": { "amount": "10.01" } }))
    );
    let postings = service.database.collection::<Document>("postings");
    let mut found = postings.find(doc! {}).await.unwrap();
    let mut sum = 0;
    let mut count = 0;
    while found.advance().await.unwrap() {
        sum += found.deserialize_current().unwrap().get_i64("minor").unwrap();
        count += 1;
    }
    assert_eq!((sum, count), (0, 2));
}

#[tokio::test]
async fn what_a_request_under_way_wrote_after_the_erasure_is_erased_too() {
    let service = Service::start().await;
    let (log, source) = Log::of(&service, TokenForge::new(1), 500).await;
    let follower = service.following(source).await;
    let leaves = service.person();
    log.tells(&leaves);
    follower.erase_now().await.unwrap();
    leaves.record(bread()).await;
    follower.erase_now().await.unwrap();
    assert_eq!(left(&service, &leaves).await, (1, 1));
    service.clock.advance(std::time::Duration::from_mins(20));
    follower.erase_now().await.unwrap();
    assert_eq!(left(&service, &leaves).await, (0, 0));
}

#[tokio::test]
async fn a_log_that_auth_has_not_signed_erases_nobody() {
    let service = Service::start().await;
    let (log, source) = Log::of(&service, TokenForge::new(2), 500).await;
    let follower = service.following(source).await;
    let ana = service.person();
    ana.record(bread()).await;
    log.tells(&ana);
    assert!(matches!(follower.erase_now().await, Err(FollowError::NotOurs(_))));
    assert_eq!(left(&service, &ana).await, (1, 1));
}

#[tokio::test]
async fn a_log_that_has_become_shorter_is_read_from_its_beginning() {
    let service = Service::start().await;
    let (log, source) = Log::of(&service, TokenForge::new(1), 500).await;
    let follower = service.following(source).await;
    let (first, second, third) = (service.person(), service.person(), service.person());
    log.tells(&first);
    log.tells(&second);
    follower.erase_now().await.unwrap();
    third.record(bread()).await;
    log.erased.lock().unwrap().clear();
    log.tells(&third);
    assert_eq!(follower.erase_now().await.unwrap(), 1);
    assert_eq!(left(&service, &third).await, (0, 0));
}
