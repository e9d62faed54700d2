//! A database that stops answering and goes on later, as one does on a machine that sleeps or swaps.

use std::process::Command;

use constellation_mongod::{DataDir, LocalMongod, LocalMongodOptions, testing};
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::support::{Answer, Person, Service, bread, codes};

fn signal(mongod: &LocalMongod, name: &str) {
    let pid = mongod.pid().to_string();
    assert!(
        Command::new("kill")
            .args([name, &pid])
            .status()
            .unwrap()
            .success()
    );
}

async fn create(ana: &Person, input: &Value) -> Answer {
    let query = "mutation($input: CreateExpenseInput!) { createExpense(input: $input) { expense { id } } }";
    ana.ask(query, json!({ "input": input })).await
}

#[tokio::test]
async fn a_database_that_stalls_is_unavailable_and_what_it_was_sent_is_no_obstacle_later() {
    let options = LocalMongodOptions::new(DataDir::Ephemeral, testing::cache_dir());
    let mongod = LocalMongod::start(options).await.unwrap();
    let service = Service::start_on(mongod.uri(), "stalled").await;
    let ana = service.person();
    let before = ana.record(bread()).await;
    let input = bread();

    signal(&mongod, "-STOP");
    // Long enough for the driver to notice, and to close the connections that it has.
    for _ in 0..5 {
        assert_eq!(codes(&create(&ana, &input).await), ["UNAVAILABLE"]);
    }
    let read = ana
        .ask(
            "query($id: ID!) { expense(id: $id) { id } }",
            json!({ "id": before["id"] }),
        )
        .await;
    assert_eq!(codes(&read), ["UNAVAILABLE"]);
    let edit = "mutation($input: VoidExpenseInput!) { voidExpense(input: $input) { expense { id } } }";
    let voided = json!({ "input": { "id": before["id"], "expectedVersion": 1 } });
    assert_eq!(codes(&ana.ask(edit, voided).await), ["UNAVAILABLE"]);
    signal(&mongod, "-CONT");

    let mut tries = 0;
    let created = loop {
        let answer = create(&ana, &input).await;
        if answer.errors.is_empty() {
            break answer.data["createExpense"]["expense"]["id"].clone();
        }
        assert_eq!(codes(&answer), ["UNAVAILABLE"]);
        tries += 1;
        assert!(tries < 5, "the key is still locked");
    };
    let again = create(&ana, &input).await;
    assert_eq!(again.data["createExpense"]["expense"]["id"], created);
    // Voiding may or may not have been done; creating has been done once.
    for name in ["expenses", "changes"] {
        let kept = if name == "expenses" {
            doc! {}
        } else {
            doc! { "version": 1 }
        };
        let documents = service.database.collection::<Document>(name);
        assert_eq!(documents.count_documents(kept).await.unwrap(), 2, "{name}");
    }
    mongod.stop().await.unwrap();
}
