use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::support::{Answer, Person, Service, bread, codes};

/// Makes every write of a history entry fail, which comes second in its transaction.
async fn break_history(service: &Service, broken: bool) {
    let validator = if broken {
        doc! { "never": true }
    } else {
        doc! {}
    };
    service
        .database
        .run_command(doc! { "collMod": "changes", "validator": validator })
        .await
        .unwrap();
}

async fn counts(service: &Service) -> (u64, u64) {
    let count = async |name: &str| {
        service
            .database
            .collection::<Document>(name)
            .count_documents(doc! {})
            .await
            .unwrap()
    };
    (count("expenses").await, count("changes").await)
}

async fn try_create(ana: &Person, input: &Value) -> Answer {
    let query =
        "mutation($input: CreateExpenseInput!) { createExpense(input: $input) { expense { id version } } }";
    ana.ask(query, json!({ "input": input })).await
}

#[tokio::test]
async fn a_write_that_fails_halfway_leaves_nothing_and_can_be_repeated() {
    let service = Service::start().await;
    let ana = service.person();
    let input = bread();
    break_history(&service, true).await;
    let failed = try_create(&ana, &input).await;
    assert_eq!(codes(&failed), ["INTERNAL"]);
    assert!(
        !failed.errors[0].to_string().contains("valid"),
        "nothing internal is told"
    );
    assert_eq!(counts(&service).await, (0, 0));

    break_history(&service, false).await;
    let created = ana.record(input).await;
    assert_eq!(counts(&service).await, (1, 1));

    break_history(&service, true).await;
    let query = "mutation($input: UpdateExpenseInput!) { updateExpense(input: $input) { expense { id } } }";
    let edit =
        json!({ "id": created["id"], "expectedVersion": 1, "description": "Rolls", "merchant": "Stall" });
    let failed = ana.ask(query, json!({ "input": edit })).await;
    assert_eq!(codes(&failed), ["INTERNAL"]);
    let read = ana
        .get(
            "query($id: ID!) { expense(id: $id) { version description merchant } }",
            json!({ "id": created["id"] }),
        )
        .await;
    assert_eq!(
        read["expense"],
        json!({ "version": 1, "description": "Bread", "merchant": null })
    );
    assert_eq!(counts(&service).await, (1, 1));

    break_history(&service, false).await;
    let edited = ana.change("updateExpense", edit).await;
    assert_eq!(edited["expense"]["version"], 2);
    assert_eq!(counts(&service).await, (1, 2));
}

#[tokio::test]
async fn a_document_that_cannot_be_understood_is_an_error_and_is_not_passed_over() {
    let service = Service::start().await;
    let ana = service.person();
    let first = ana.record(bread()).await;
    ana.record(bread()).await;
    let id = mongodb::bson::Uuid::parse_str(first["id"].as_str().unwrap()).unwrap();
    let expenses = service.database.collection::<Document>("expenses");
    for damage in [
        doc! { "$set": { "currency": "XXX" } },
        doc! { "$set": { "currency": "EUR", "minor": "350" } },
        doc! { "$set": { "minor": 350_i64, "date": "2026-02-30" } },
        doc! { "$set": { "date": "2026-11-23", "voidedAt": mongodb::bson::DateTime::from_millis(0) } },
        doc! { "$unset": { "voidedAt": 1, "tags": 1 } },
    ] {
        expenses
            .update_one(doc! { "_id": id }, damage.clone())
            .await
            .unwrap();
        for answer in [
            ana.ask(
                "query($id: ID!) { expense(id: $id) { description } }",
                json!({ "id": first["id"] }),
            )
            .await,
            ana.ask_about(&ana.id(), "expenses { edges { node { id } } }", json!({}))
                .await,
        ] {
            assert_eq!(codes(&answer), ["INTERNAL"], "{damage}");
        }
    }
}
