//! Each test gets a database of its own, on one server.

use std::collections::HashSet;

use constellation_mongod::testing::{TestDatabase, database};
use mongodb::bson::{Document, doc};

/// What another test does: it has a thread and a runtime of its own, which end with it.
fn in_a_test_of_its_own() -> TestDatabase {
    let test = || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap();
        runtime.block_on(async {
            let database = database().await;
            let numbers = database.connect().await.collection::<Document>("numbers");
            // The same document in every database: in a shared one, the second would be refused.
            numbers.insert_one(doc! { "_id": 1 }).await.unwrap();
            database
        })
    };
    std::thread::spawn(test).join().unwrap()
}

#[test]
fn tests_side_by_side_share_a_server_and_no_database() {
    let tests: Vec<_> = (0..8).map(|_| std::thread::spawn(in_a_test_of_its_own)).collect();
    let databases: Vec<_> = tests.into_iter().map(|test| test.join().unwrap()).collect();

    let uris: HashSet<_> = databases.iter().map(|database| &database.uri).collect();
    let names: HashSet<_> = databases.iter().map(|database| &database.name).collect();
    assert_eq!(uris.len(), 1);
    assert_eq!(names.len(), 8);
}

#[test]
fn the_server_outlives_the_test_that_happened_to_start_it() {
    let first = in_a_test_of_its_own();
    let second = in_a_test_of_its_own();

    assert_eq!(first.uri, second.uri);
}
