use std::time::Duration;

use futures_util::future::join_all;
use mongodb::bson::{Document, doc};
use serde_json::{Value, json};

use crate::support::{Service, bread, codes, user_codes, with};

#[tokio::test]
async fn what_is_recorded_is_read_back() {
    let ana = Service::start().await.person();
    let recorded = ana
        .record(with(
            bread(),
            json!({
                "description": "  Cafe\u{301} au lait ", "merchant": "Corner", "category": "Eating  out",
                "tags": ["Kids", "breakfast", "kids"], "notes": "two\r\nlines", "amount": { "amount": "1250", "currency": "JPY" },
            }),
        ))
        .await;
    let expected = json!({
        "id": recorded["id"], "version": 1, "description": "Café au lait", "merchant": "Corner", "category": "Eating out",
        "tags": ["breakfast", "kids"], "notes": "two\nlines", "date": "2026-11-23",
        "amount": { "amount": "1250", "currency": "JPY" },
        "createdAt": "2026-11-23T08:00:00.000Z", "updatedAt": "2026-11-23T08:00:00.000Z", "voidedAt": null,
    });
    assert_eq!(recorded, expected);
    let query = format!(
        "query($id: ID!) {{ expense(id: $id) {{ {} owner {{ id }} }} }}",
        crate::support::EXPENSE
    );
    let read = ana.get(&query, json!({ "id": recorded["id"] })).await;
    assert_eq!(
        read["expense"],
        with(expected, json!({ "owner": { "id": ana.id() } }))
    );
}

#[tokio::test]
async fn everything_that_is_wrong_with_an_input_is_told_at_once() {
    let ana = Service::start().await.person();
    let payload = ana
        .create(json!({
            "idempotencyKey": "", "amount": { "amount": "1.234", "currency": "EUR" }, "description": " ",
            "date": "2026-11-23", "merchant": "x".repeat(101), "category": "a\nb", "tags": ["ok", "a\u{7}b"],
            "notes": "x".repeat(2001),
        }))
        .await;
    assert_eq!(payload["expense"], Value::Null);
    let errors: Vec<Value> = payload["userErrors"]
        .as_array()
        .unwrap()
        .iter()
        .map(|error| json!([error["code"], error["path"]]))
        .collect();
    assert_eq!(
        errors,
        [
            json!(["IDEMPOTENCY_KEY_INVALID", ["input", "idempotencyKey"]]),
            json!(["AMOUNT_TOO_PRECISE", ["input", "amount", "amount"]]),
            json!(["REQUIRED", ["input", "description"]]),
            json!(["TOO_LONG", ["input", "merchant"]]),
            json!(["CONTROL_CHARACTER", ["input", "category"]]),
            json!(["CONTROL_CHARACTER", ["input", "tags", "1"]]),
            json!(["TOO_LONG", ["input", "notes"]]),
        ]
    );
}

#[tokio::test]
async fn amounts_are_exact_to_the_edge_of_int64_and_refused_beyond() {
    let ana = Service::start().await.person();
    for (currency, largest, beyond) in [
        ("JPY", "9223372036854775807", "9223372036854775808"),
        ("EUR", "92233720368547758.07", "92233720368547758.08"),
        ("KWD", "9223372036854775.807", "9223372036854775.808"),
        ("CLF", "922337203685477.5807", "922337203685477.5808"),
    ] {
        let money = json!({ "amount": largest, "currency": currency });
        let expense = ana.record(with(bread(), json!({ "amount": money }))).await;
        assert_eq!(expense["amount"], money);
        let money = json!({ "amount": beyond, "currency": currency });
        let refused = ana.create(with(bread(), json!({ "amount": money }))).await;
        assert_eq!(user_codes(&refused), ["AMOUNT_TOO_LARGE"]);
    }
    for amount in ["0", "-1", "-92233720368547758.08"] {
        let money = json!({ "amount": amount, "currency": "EUR" });
        let refused = ana.create(with(bread(), json!({ "amount": money }))).await;
        assert_eq!(user_codes(&refused), ["AMOUNT_NOT_POSITIVE"]);
    }
}

#[tokio::test]
async fn a_scalar_that_is_written_wrong_is_refused_with_a_word_on_how_to_write_it() {
    let ana = Service::start().await.person();
    let cases = [
        (
            r#"amount: { amount: 3.50, currency: "EUR" }, date: "2026-11-23""#,
            "as a string",
        ),
        (
            r#"amount: { amount: 3, currency: "EUR" }, date: "2026-11-23""#,
            "as a string",
        ),
        (
            r#"amount: { amount: "1e2", currency: "EUR" }, date: "2026-11-23""#,
            "no exponent",
        ),
        (
            r#"amount: { amount: "3,50", currency: "EUR" }, date: "2026-11-23""#,
            "Write a decimal number",
        ),
        (
            r#"amount: { amount: "3.50", currency: "eur" }, date: "2026-11-23""#,
            "three capital letters",
        ),
        (
            r#"amount: { amount: "3.50", currency: "XAU" }, date: "2026-11-23""#,
            "no smallest unit",
        ),
        (
            r#"amount: { amount: "3.50", currency: "ZZZ" }, date: "2026-11-23""#,
            "not a currency of ISO 4217",
        ),
        (
            r#"amount: { amount: "3.50", currency: "EUR" }, date: "23.11.2026""#,
            "YYYY-MM-DD",
        ),
        (
            r#"amount: { amount: "3.50", currency: "EUR" }, date: "2026-02-29""#,
            "no such day",
        ),
    ];
    for (fields, lesson) in cases {
        let query = format!(
            r#"mutation {{ createExpense(input: {{ idempotencyKey: "k", description: "Bread", {fields} }}) {{ expense {{ id }} }} }}"#
        );
        let answer = ana.ask(&query, json!({})).await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"], "{fields}");
        let message = answer.errors[0]["message"].as_str().unwrap();
        assert!(message.contains(lesson), "{fields}: {message}");
    }
    // The same as a variable, where a client's JSON writer may have made a number of it.
    let input = with(bread(), json!({ "amount": { "amount": 3.5, "currency": "EUR" } }));
    let query = "mutation($input: CreateExpenseInput!) { createExpense(input: $input) { expense { id } } }";
    let answer = ana.ask(query, json!({ "input": input })).await;
    assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
    assert!(
        answer.errors[0]["message"]
            .as_str()
            .unwrap()
            .contains("as a string")
    );
}

#[tokio::test]
async fn a_repeated_create_gives_the_same_expense_as_it_is_now() {
    let service = Service::start().await;
    let ana = service.person();
    let input = with(bread(), json!({ "tags": ["a", "b"] }));
    let first = ana.record(input.clone()).await;
    // What means the same is the same input, however it is spelled.
    let spelled = with(
        input.clone(),
        json!({ "description": " Bread", "tags": ["B", "a"], "amount": { "amount": "3.5", "currency": "EUR" }, "notes": "" }),
    );
    assert_eq!(ana.record(spelled).await, first);

    service.clock.advance(Duration::from_mins(1));
    let edit = json!({ "id": first["id"], "expectedVersion": 1, "description": "Rolls" });
    let edited = ana.change("updateExpense", edit).await;
    assert_eq!(ana.record(input.clone()).await, edited["expense"]);

    let voided = ana
        .change("voidExpense", json!({ "id": first["id"], "expectedVersion": 2 }))
        .await;
    assert_eq!(ana.record(input).await, voided["expense"]);
    assert_ne!(voided["expense"]["voidedAt"], Value::Null);
}

#[tokio::test]
async fn a_key_that_made_another_expense_is_refused() {
    let service = Service::start().await;
    let (ana, ben) = (service.person(), service.person());
    let input = bread();
    ana.record(input.clone()).await;
    for change in [
        json!({ "description": "Rolls" }),
        json!({ "amount": { "amount": "3.51", "currency": "EUR" } }),
        json!({ "notes": "more" }),
        json!({ "date": "2026-11-24" }),
    ] {
        let refused = ana.create(with(input.clone(), change)).await;
        assert_eq!(user_codes(&refused), ["IDEMPOTENCY_KEY_REUSED"]);
        assert_eq!(refused["expense"], Value::Null);
        assert_eq!(
            refused["userErrors"][0]["path"],
            json!(["input", "idempotencyKey"])
        );
    }
    // Keys belong to a person: nobody learns or blocks another's.
    let other = with(input, json!({ "description": "Rolls" }));
    assert_eq!(ben.record(other).await["description"], "Rolls");
}

#[tokio::test]
async fn twenty_creates_at_once_with_one_key_record_one_expense() {
    let service = Service::start().await;
    let ana = service.person();
    let input = bread();
    let answers = join_all((0..20).map(|_| ana.record(input.clone()))).await;
    assert!(answers.iter().all(|answer| *answer == answers[0]));
    for collection in ["expenses", "changes"] {
        let collection = service.database.collection::<Document>(collection);
        assert_eq!(collection.count_documents(doc! {}).await.unwrap(), 1);
    }
}

#[tokio::test]
async fn a_text_that_cannot_be_seen_is_no_text() {
    let ana = Service::start().await.person();
    for nothing in ["\u{200b}", "\u{202e}", "\u{2066}\u{2069}", "\u{ad}", "\u{3164}"] {
        let payload = ana.create(with(bread(), json!({ "description": nothing }))).await;
        assert_eq!(user_codes(&payload), ["REQUIRED"], "{nothing:?}");
    }
    let family = "\u{202e}Zoo \u{1f468}\u{200d}\u{1f467}\u{200b}";
    let expense = ana
        .record(with(
            bread(),
            json!({ "description": family, "tags": ["k\u{ad}ids"] }),
        ))
        .await;
    assert_eq!(expense["description"], "Zoo \u{1f468}\u{200d}\u{1f467}");
    assert_eq!(expense["tags"], json!(["kids"]));
}

#[tokio::test]
async fn a_value_that_cannot_be_read_is_told_in_plain_words() {
    let ana = Service::start().await.person();
    let query = "mutation($input: CreateExpenseInput!) { createExpense(input: $input) { expense { id } } }";
    for (changes, start) in [
        (
            json!({ "amount": { "amount": "1,5", "currency": "EUR" } }),
            "Decimal: Write a decimal number",
        ),
        (
            json!({ "amount": { "amount": 1.5, "currency": "EUR" } }),
            "Decimal: Write a decimal number as a string",
        ),
        (
            json!({ "amount": { "amount": "1", "currency": "euro" } }),
            "CurrencyCode: Write a currency",
        ),
        (
            json!({ "date": "23.11.2026" }),
            "Date: Write a date as YYYY-MM-DD",
        ),
    ] {
        let answer = ana.ask(query, json!({ "input": with(bread(), changes) })).await;
        assert_eq!(codes(&answer), ["BAD_USER_INPUT"]);
        let message = answer.errors[0]["message"].as_str().unwrap();
        assert!(message.starts_with(start), "{message}");
        assert!(!message.contains("arse"), "{message}");
    }
}
