//! What asking costs when there is very much: a million expenses in the database, a hundred thousand of them in one household.
//!
//! `cargo test -p constellation-expense --test expense -- --ignored --nocapture scale` loads them, which takes minutes and a few
//! gigabytes of disk, and prints the table of docs/PERFORMANCE.md. Times are printed and not asserted: what is asserted is
//! the number of commands, that they go by an index, and that pages do not read more the deeper they are.

use std::time::{Duration, Instant};

use constellation_shared::household::Role::{Adult, Owner};
use mongodb::bson::{Binary, Bson, Document, doc, spec::BinarySubtype};
use mongodb::{Collection, Database};
use serde_json::{Value, json};

use crate::family::Family;
use crate::plans::{self, Examined};
use crate::support::Service;

const ALL: u64 = 1_000_000;
const LARGE: u64 = 100_000;
/// How many every other household has.
const USUAL: u64 = 1_000;
/// How often each question is asked; the median counts.
const ROUNDS: usize = 5;

/// The documents of one household, as the store writes them: what all others are made after.
struct Pattern {
    expenses: Vec<Document>,
    postings: Vec<Document>,
    changes: Vec<Document>,
    ledger: Document,
}

struct Question {
    name: &'static str,
    selection: &'static str,
    variables: Value,
    /// How many keys and documents it may read, however much there is; none for what is summed up from everything.
    reads: Option<i64>,
}

fn id(number: u64) -> Bson {
    let bytes = uuid::Uuid::from_u64_pair(0x0194_0000_0000_7000, 0x8000_0000_0000_0000 + number);
    Bson::Binary(Binary {
        subtype: BinarySubtype::Uuid,
        bytes: bytes.as_bytes().to_vec(),
    })
}

fn id_of(text: &str) -> Bson {
    mongodb::bson::Uuid::parse_str(text).unwrap().into()
}

/// A day of ten years, every day about as often.
fn day(number: u64) -> String {
    let day = number.wrapping_mul(2_654_435_761) % 3_360;
    let (year, month) = (2017 + day / 336, day % 336 / 28 + 1);
    format!("{year:04}-{month:02}-{:02}", day % 28 + 1)
}

/// A household in which everything is that a ledger knows.
async fn pattern(service: &Service, database: &Database) -> Pattern {
    let family = Family::of(service, &[Owner, Adult, Adult]);
    for (number, (amount, currency, category, merchant, tags)) in [
        ("12.34", "EUR", Some("Groceries"), Some("Market"), vec!["food"]),
        (
            "100.00",
            "EUR",
            Some("Travel"),
            Some("Railway"),
            vec!["italy", "train"],
        ),
        ("7.77", "EUR", Some("groceries"), None, vec![]),
        ("55", "JPY", Some("Travel"), Some("Konbini"), vec!["japan"]),
        ("0.01", "EUR", None, Some("Bakery"), vec!["food"]),
        ("1234.567", "KWD", Some("Rent"), None, vec![]),
        ("9.99", "USD", Some("Music"), Some("Store"), vec!["kids"]),
        ("3.10", "EUR", Some("Café"), Some("Café Nord"), vec![]),
    ]
    .into_iter()
    .enumerate()
    {
        let mut words = json!({ "category": category, "merchant": merchant, "tags": tags });
        words["split"] = json!({ "equal": family.ids(if number % 2 == 0 { &[0, 1, 2] } else { &[0, 1] }) });
        let input = family.input(amount, currency, words);
        family.people[number % 3].record(input).await;
    }
    let all = async |name: &str, field: &str| -> Vec<Document> {
        let collection = database.collection::<Document>(name);
        let mut found = collection
            .find(doc! { field: id_of(&family.id()) })
            .await
            .unwrap();
        let mut documents = Vec::new();
        while found.advance().await.unwrap() {
            documents.push(found.deserialize_current().unwrap());
        }
        documents
    };
    Pattern {
        expenses: all("expenses", "ledger").await,
        postings: all("postings", "household").await,
        changes: all("changes", "ledger").await,
        ledger: all("ledgers", "_id").await.remove(0),
    }
}

impl Pattern {
    /// Writes the ledger of another household with so many expenses, the first of which has this number.
    async fn write(&self, database: &Database, household: &Bson, first: u64, count: u64) {
        let place = |name: &str| database.collection::<Document>(name);
        let mut batches = ["expenses", "postings", "changes"].map(|name| (place(name), Vec::new()));
        for number in 0..count {
            let pattern = &self.expenses[usize::try_from(number).unwrap() % self.expenses.len()];
            let (old, new) = (&pattern["_id"], id(first + number));
            let seq = i64::try_from(number).unwrap() + 1;
            let mut expense = pattern.clone();
            expense.insert("_id", new.clone());
            expense.insert("ledger", household.clone());
            expense.insert("seq", seq);
            expense.insert("idempotencyKey", format!("scale-{}", first + number));
            expense.insert("date", day(number));
            batches[0].1.push(expense);
            for (documents, batch, field, ledger) in [
                (&self.postings, 1, "entry", "household"),
                (&self.changes, 2, "expense", "ledger"),
            ] {
                for document in documents.iter().filter(|document| &document[field] == old) {
                    let mut document = document.clone();
                    document.remove("_id");
                    document.insert(field, new.clone());
                    document.insert(ledger, household.clone());
                    if batch == 2 {
                        document.insert("seq", seq);
                    }
                    batches[batch].1.push(document);
                }
            }
            for (collection, batch) in &mut batches {
                if batch.len() >= 5_000 {
                    insert(collection, batch).await;
                }
            }
        }
        for (collection, batch) in &mut batches {
            insert(collection, batch).await;
        }
        let mut ledger = self.ledger.clone();
        ledger.insert("_id", household.clone());
        ledger.insert("seq", i64::try_from(count).unwrap());
        place("ledgers").insert_one(ledger).await.unwrap();
    }
}

async fn insert(collection: &Collection<Document>, batch: &mut Vec<Document>) {
    if !batch.is_empty() {
        collection.insert_many(&*batch).ordered(false).await.unwrap();
        batch.clear();
    }
}

fn questions(middle: &Value) -> Vec<Question> {
    const PAGE: &str = "expenses(first: $first, after: $after, last: $last, orderBy: $orderBy) { edges { cursor node { id } } }";
    const TOTALS: &str =
        "totals(groupBy: $groupBy, filter: $filter, compare: $compare) { count total { amount } }";
    let page = |name, variables| Question {
        name,
        selection: PAGE,
        variables,
        reads: Some(210),
    };
    let totals = |name, variables| Question {
        name,
        selection: TOTALS,
        variables,
        reads: None,
    };
    let all = |name, selection, reads| Question {
        name,
        selection,
        variables: json!({}),
        reads,
    };
    let year = json!({ "dateFrom": "2026-01-01", "dateTo": "2026-12-31" });
    vec![
        page("the first page of 50", json!({ "first": 50 })),
        page(
            "a page of 50 from the middle",
            json!({ "first": 50, "after": middle }),
        ),
        page("the last page of 50", json!({ "last": 50 })),
        page(
            "the first page of 50 by amount",
            json!({ "first": 50, "orderBy": { "field": "AMOUNT", "direction": "DESC" } }),
        ),
        totals("totals by currency", json!({ "groupBy": "CURRENCY" })),
        totals("totals by category", json!({ "groupBy": "CATEGORY" })),
        totals("totals by month", json!({ "groupBy": "MONTH" })),
        totals("totals by member", json!({ "groupBy": "MEMBER" })),
        totals("totals by tag", json!({ "groupBy": "TAG" })),
        totals(
            "totals by category of a year",
            json!({ "groupBy": "CATEGORY", "filter": year }),
        ),
        totals(
            "totals by member of a year",
            json!({ "groupBy": "MEMBER", "filter": year }),
        ),
        totals(
            "a month against the one before, by category",
            json!({ "groupBy": "CATEGORY", "compare": { "month": "2026-06" } }),
        ),
        all("balances", "balances { amount { amount } }", None),
        all(
            "the settlement plan",
            "settlementPlan { planToken transfers { amount { amount } } }",
            None,
        ),
        all(
            "settlements",
            "settlements(first: 50) { edges { cursor } }",
            Some(210),
        ),
        all(
            "the first 50 changes",
            "changesSince(first: 50) { edges { node { kind expense { id } } } }",
            Some(210),
        ),
        all(
            "ledgerCheck, which reads everything",
            "ledgerCheck { ok expenses }",
            None,
        ),
    ]
}

/// How long an answer takes, how many commands it needs and what they read, the plans checked.
async fn ask(service: &Service, family: &Family, question: &Question) -> (Duration, usize, Examined) {
    let ask = || family.tells(0, question.selection, question.variables.clone());
    let (commands, _) = service.commands_of(ask()).await;
    let mut read = Examined {
        keys: 0,
        documents: 0,
    };
    for command in &commands {
        // What is asked in a transaction cannot be explained as it stands.
        if command.contains_key("autocommit") {
            continue;
        }
        let stages = plans::stages(service, command).await;
        let has = |stage: &str| stages.iter().any(|found| found == stage);
        assert!(has("IXSCAN") || has("IDHACK"), "{}: {stages:?}", question.name);
        assert!(!has("COLLSCAN") && !has("SORT"), "{}: {stages:?}", question.name);
        let examined = plans::examined(service, command).await;
        read.keys += examined.keys;
        read.documents += examined.documents;
    }
    let mut times = Vec::new();
    for _ in 0..ROUNDS {
        let begun = Instant::now();
        ask().await;
        times.push(begun.elapsed());
    }
    times.sort();
    (times[ROUNDS / 2], commands.len(), read)
}

#[tokio::test]
#[ignore = "loads a million expenses, which takes minutes"]
#[expect(clippy::print_stdout, reason = "it prints the figures of the documentation")]
async fn a_ledger_of_100_000_among_a_million_is_asked_with_as_few_commands_as_a_small_one() {
    let at = constellation_mongod::testing::database().await;
    // A client whose commands nobody keeps.
    let database = at.connect().await;
    let first = Service::start_on(&at.uri, &at.name).await;
    let pattern = pattern(&first, &database).await;
    let (large, usual) = (
        Family::of(&first, &[Owner, Adult]).household,
        Family::of(&first, &[Owner, Adult]).household,
    );
    let names = ["expenses", "postings", "changes"];
    for name in names {
        database
            .collection::<Document>(name)
            .drop_indexes()
            .await
            .unwrap();
    }
    let begun = Instant::now();
    pattern
        .write(&database, &id_of(&large.id.to_string()), 1, LARGE)
        .await;
    pattern
        .write(&database, &id_of(&usual.id.to_string()), LARGE + 1, USUAL)
        .await;
    let mut written = LARGE + USUAL;
    let others = Pattern {
        // Of the others nobody asks what has happened.
        changes: Vec::new(),
        ..pattern
    };
    while written < ALL {
        others
            .write(
                &database,
                &id(1 << 41 | written),
                written + 1,
                USUAL.min(ALL - written),
            )
            .await;
        written += USUAL.min(ALL - written);
    }
    println!("{written} expenses written in {:?}", begun.elapsed());
    let begun = Instant::now();
    // A service makes the indexes that are missing when it starts.
    let service = Service::start_on(&at.uri, &at.name).await;
    println!("indexes made in {:?}", begun.elapsed());
    let [large, usual] = [large, usual].map(|household| {
        let mut person = first.person().through(service.clone());
        let mut household = household;
        household.members = [(person.user(), Owner)].into();
        person.households = vec![household.clone()];
        Family {
            household,
            people: vec![person],
        }
    });
    for name in names {
        let size = database
            .run_command(doc! { "collStats": name, "scale": 1 << 20 })
            .await
            .unwrap();
        println!(
            "{name}: {} documents, {} MB, indexes {} MB",
            size["count"], size["size"], size["totalIndexSize"]
        );
    }
    println!("| asked | commands | keys read | documents read | of 100,000 | of 1,000 | ratio |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let selection = "expenses(first: $first, filter: $filter) { edges { cursor } }";
    let variables = json!({ "first": 1, "filter": { "dateTo": "2021-12-31" } });
    let middle = large.tells(0, selection, variables.clone()).await["expenses"]["edges"][0]["cursor"].take();
    let middle_of_usual = usual.tells(0, selection, variables).await["expenses"]["edges"][0]["cursor"].take();
    for (question, same) in questions(&middle).iter().zip(&questions(&middle_of_usual)) {
        let (slow, commands, read) = ask(&service, &large, question).await;
        let (fast, commands_of_few, _) = ask(&service, &usual, same).await;
        let [slow, fast] = [slow, fast].map(|time| time.as_secs_f64() * 1000.0);
        println!(
            "| {} | {commands} | {} | {} | {slow:.0} ms | {fast:.0} ms | {:.1} |",
            question.name,
            read.keys,
            read.documents,
            slow / fast,
        );
        assert_eq!(commands, commands_of_few, "{}", question.name);
        let most = question.reads.unwrap_or(i64::MAX);
        assert!(
            read.keys <= most && read.documents <= most,
            "{}: {read:?}",
            question.name
        );
    }
}
