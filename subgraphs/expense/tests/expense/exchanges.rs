//! What expenses in foreign currencies were worth, and totals that count it.

use std::collections::BTreeMap;

use constellation_shared::household::Role::{Adult, Child, Owner};
use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::options::IndexOptions;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::family::Family;
use crate::model::amount;
use crate::support::{Service, bread, user_codes, with};

const EXCHANGE: &str = "exchange { worth { amount currency } rate basis date source }";
const TOTALS: &str = "totals(groupBy: $groupBy, convert: $convert, filter: $filter, compare: $compare) {
    category tag member { id } month count convertedCount total { amount currency }
    earlier { count convertedCount total { amount currency } } }";

fn rate(rate: &str) -> Value {
    json!({ "exchange": { "basis": { "rate": rate } } })
}

fn charged(charged: &str) -> Value {
    json!({ "exchange": { "basis": { "charged": charged } } })
}

async fn exchange_of(family: &Family, id: &Value) -> Value {
    family.expense(0, id, EXCHANGE).await.unwrap()["exchange"].take()
}

/// An edit that is made, or the codes of why it is not.
async fn edit(family: &Family, id: &Value, version: i32, changes: Value) -> Vec<String> {
    let input = with(json!({ "id": id, "expectedVersion": version }), changes);
    let payload = family.people[0].change("updateExpense", input).await;
    user_codes(&payload).into_iter().map(str::to_owned).collect()
}

#[tokio::test]
async fn a_rate_says_what_an_expense_was_worth_and_what_was_charged_says_the_rate() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let ana = &family.people[0];
    let given = json!({ "exchange": {
        "basis": { "rate": "0.92310" }, "date": "2026-11-20", "source": " ECB reference rate ",
    } });
    let dinner = ana.record(family.input("100.05", "USD", given)).await;
    let expected = json!({
        "worth": { "amount": "92.36", "currency": "EUR" }, "rate": "0.9231", "basis": "RATE",
        "date": "2026-11-20", "source": "ECB reference rate",
    });
    assert_eq!(exchange_of(&family, &dinner["id"]).await, expected);

    let taxi = ana.record(family.input("1200", "JPY", charged("7.40"))).await;
    let expected = json!({
        "worth": { "amount": "7.40", "currency": "EUR" }, "rate": "0.006166666667", "basis": "CHARGED",
        "date": "2026-11-23", "source": null,
    });
    assert_eq!(exchange_of(&family, &taxi["id"]).await, expected);

    let plain = ana.record(family.input("5.00", "USD", json!({}))).await;
    assert_eq!(exchange_of(&family, &plain["id"]).await, Value::Null);

    // Who is in no household has no currency of their own, and names one.
    let alone = |exchange: Value| {
        let amount = json!({ "amount": "10.000", "currency": "KWD" });
        with(bread(), json!({ "amount": amount, "exchange": exchange }))
    };
    let basis = json!({ "rate": "2.95" });
    let payload = ana.create(alone(json!({ "basis": basis }))).await;
    assert_eq!(user_codes(&payload), ["EXCHANGE_CURRENCY_INVALID"]);
    ana.record(alone(json!({ "basis": basis, "currency": "CHF" })))
        .await;
    ana.record(with(
        bread(),
        json!({ "amount": { "amount": "1.00", "currency": "CHF" } }),
    ))
    .await;
    let selection =
        "expenseTotals(groupBy: CURRENCY, convert: true) { count convertedCount total { amount currency } }";
    let total = json!({ "count": 2, "convertedCount": 1, "total": { "amount": "30.50", "currency": "CHF" } });
    assert_eq!(
        ana.me(selection, json!({})).await["expenseTotals"],
        json!([total])
    );
}

#[tokio::test]
async fn an_exchange_that_makes_no_sense_is_refused_and_says_how_to_mend_it() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner]);
    let ana = &family.people[0];
    let dollars = json!({ "exchange": { "basis": { "rate": "1" }, "currency": "USD" } });
    let long = json!({ "exchange": { "basis": { "rate": "1" }, "source": "x".repeat(101) } });
    let basis = |name: &str| ["input", "exchange", "basis", name].join("/");
    for (currency, changes, code, path) in [
        (
            "EUR",
            rate("1"),
            "EXCHANGE_NOT_NEEDED",
            "input/exchange".to_owned(),
        ),
        (
            "EUR",
            charged("3.00"),
            "EXCHANGE_NOT_NEEDED",
            "input/exchange".to_owned(),
        ),
        (
            "GBP",
            dollars,
            "EXCHANGE_CURRENCY_INVALID",
            "input/exchange/currency".to_owned(),
        ),
        ("USD", rate("0"), "EXCHANGE_RATE_INVALID", basis("rate")),
        ("USD", rate("-1"), "EXCHANGE_RATE_INVALID", basis("rate")),
        (
            "USD",
            rate("0.0000000000001"),
            "EXCHANGE_RATE_INVALID",
            basis("rate"),
        ),
        (
            "USD",
            rate("1000000000000000000"),
            "EXCHANGE_RATE_INVALID",
            basis("rate"),
        ),
        (
            "USD",
            rate("999999999999999999"),
            "EXCHANGE_RATE_INVALID",
            basis("rate"),
        ),
        ("USD", charged("0.00"), "AMOUNT_NOT_POSITIVE", basis("charged")),
        ("USD", charged("1.001"), "AMOUNT_TOO_PRECISE", basis("charged")),
        (
            "USD",
            charged("92233720368547758.08"),
            "AMOUNT_TOO_LARGE",
            basis("charged"),
        ),
        ("USD", long, "TOO_LONG", "input/exchange/source".to_owned()),
    ] {
        let payload = ana
            .create(family.input("500.00", currency, changes.clone()))
            .await;
        assert_eq!(user_codes(&payload), [code], "{changes}");
        let told = payload["userErrors"][0]["path"].as_array().unwrap();
        let told: Vec<&str> = told.iter().map(|step| step.as_str().unwrap()).collect();
        assert_eq!(told.join("/"), path, "{changes}");
        assert_eq!(payload["expense"], Value::Null);
    }
    let edge = ana
        .create(family.input("92233720368547758.07", "USD", rate("1.000000000001")))
        .await;
    assert_eq!(user_codes(&edge), ["EXCHANGE_RATE_INVALID"]);
    let edge = ana
        .record(family.input("92233720368547758.07", "USD", rate("1.0")))
        .await;
    let worth = exchange_of(&family, &edge["id"]).await;
    assert_eq!(worth["worth"]["amount"], "92233720368547758.07");
    assert_eq!(worth["rate"], "1");
}

#[tokio::test]
async fn a_rate_stays_while_the_currency_does_and_a_charge_while_the_amount_does() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let ana = &family.people[0];
    let paid = |amount: &str, currency: &str| json!({ "amount": { "amount": amount, "currency": currency } });
    let id = ana.record(family.input("10.00", "USD", rate("0.5"))).await["id"].take();

    assert_eq!(edit(&family, &id, 1, paid("20.00", "USD")).await, [""; 0]);
    assert_eq!(exchange_of(&family, &id).await["worth"]["amount"], "10.00");
    let outdated = ["EXCHANGE_OUTDATED"];
    assert_eq!(edit(&family, &id, 2, paid("20.00", "GBP")).await, outdated);
    assert_eq!(edit(&family, &id, 2, paid("20.00", "EUR")).await, outdated);
    let told = with(paid("20.00", "GBP"), charged("23.00"));
    assert_eq!(edit(&family, &id, 2, told).await, [""; 0]);
    assert_eq!(edit(&family, &id, 3, paid("21.00", "GBP")).await, outdated);
    assert_eq!(
        edit(
            &family,
            &id,
            3,
            json!({ "description": "Rolls", "date": "2026-11-01" })
        )
        .await,
        [""; 0]
    );
    assert_eq!(exchange_of(&family, &id).await["worth"]["amount"], "23.00");
    assert_eq!(exchange_of(&family, &id).await["date"], "2026-11-23");

    let none = with(paid("21.00", "EUR"), json!({ "exchange": null }));
    assert_eq!(edit(&family, &id, 4, none).await, [""; 0]);
    assert_eq!(exchange_of(&family, &id).await, Value::Null);
    let document = service
        .database
        .collection::<Document>("expenses")
        .find_one(doc! {})
        .await;
    let document = document.unwrap().unwrap();
    assert!(
        !document.contains_key("worth") && !document.contains_key("exchange"),
        "{document}"
    );

    let history = format!(
        "history {{ edges {{ node {{ version before {{ {EXCHANGE} }} after {{ {EXCHANGE} }} }} }} }}"
    );
    let history = family.expense(1, &id, &history).await.unwrap();
    let of = |place: usize, side: &str| {
        let exchange = &history["history"]["edges"][place]["node"][side]["exchange"];
        exchange["worth"]["amount"].clone()
    };
    assert_eq!([of(0, "before"), of(0, "after")], [json!("23.00"), Value::Null]);
    assert_eq!([of(3, "before"), of(3, "after")], [json!("5.00"), json!("10.00")]);
}

#[tokio::test]
async fn a_stale_edit_never_decides_what_an_expense_was_worth() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let id = family.people[0]
        .record(family.input("10.00", "USD", rate("0.5")))
        .await["id"]
        .take();
    assert_eq!(edit(&family, &id, 1, rate("0.6")).await, [""; 0]);

    let snapshot = format!("{{ {EXCHANGE} }}");
    let mutation = format!(
        "mutation($input: UpdateExpenseInput!) {{ updateExpense(input: $input) {{ userErrors {{ code }}
            conflict {{ fields base {snapshot} yours {snapshot} theirs {snapshot} }} }} }}"
    );
    let input = with(
        json!({ "id": id, "expectedVersion": 1, "notes": "lunch" }),
        rate("0.7"),
    );
    let told = family.people[1].get(&mutation, json!({ "input": input })).await;
    let told = &told["updateExpense"];
    assert_eq!(user_codes(told), ["CONFLICT"]);
    let conflict = &told["conflict"];
    assert_eq!(conflict["fields"], json!(["EXCHANGE"]));
    let sides = ["base", "yours", "theirs"].map(|side| conflict[side]["exchange"]["worth"]["amount"].clone());
    assert_eq!(sides, ["5.00", "7.00", "6.00"]);

    // What does not touch it is joined, and what is so already is no conflict.
    assert_eq!(edit(&family, &id, 1, json!({ "notes": "lunch" })).await, [""; 0]);
    assert_eq!(edit(&family, &id, 1, rate("0.60")).await, [""; 0]);
    assert_eq!(exchange_of(&family, &id).await["rate"], "0.6");
}

#[tokio::test]
async fn the_same_key_with_another_exchange_is_another_input() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner]);
    let input = family.input("10.00", "USD", rate("0.50"));
    let id = family.people[0].record(input.clone()).await["id"].take();
    let again = family.people[0].record(with(input.clone(), rate("0.5"))).await;
    assert_eq!(again["id"], id);
    for other in [rate("0.6"), charged("5.00"), json!({ "exchange": null })] {
        let payload = family.people[0].create(with(input.clone(), other)).await;
        assert_eq!(user_codes(&payload), ["IDEMPOTENCY_KEY_REUSED"]);
    }
}

#[tokio::test]
async fn who_owes_whom_does_not_know_of_any_rate() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child]);
    let ledger = "balances { member { id } amount { amount currency } }
        settlementPlan { currency transfers { amount { amount } } } ledgerCheck { ok }";
    let split = json!({ "split": { "equal": family.ids(&[0, 1, 2]) } });
    let id = family.people[0].record(family.input("10.00", "USD", split)).await["id"].take();
    let before = family.tells(0, ledger, json!({})).await;
    assert_eq!(before["ledgerCheck"]["ok"], true);
    for (version, exchange) in [
        (1, rate("0.9")),
        (2, charged("8.88")),
        (3, json!({ "exchange": null })),
    ] {
        let shares = family.shares(0, &id).await;
        assert_eq!(edit(&family, &id, version, exchange).await, [""; 0]);
        assert_eq!(family.tells(0, ledger, json!({})).await, before);
        assert_eq!(family.shares(0, &id).await, shares);
    }
}

#[tokio::test]
async fn what_each_member_bears_of_the_worth_follows_their_own_share() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child]);
    let people = family.ids(&[0, 1, 2]);
    let parts = people.iter().zip(["1.00", "2.00", "7.01"]);
    let parts: Vec<_> = parts
        .map(|(id, amount)| json!({ "memberId": id, "amount": amount }))
        .collect();
    // 49.95, 99.90 and 350.15 cents: two are left over when they are cut off.
    let split = with(json!({ "split": { "exact": parts } }), charged("5.00"));
    family.people[0].record(family.input("10.01", "USD", split)).await;
    let arguments = json!({ "groupBy": "MEMBER", "convert": true });
    let told = family.tells(1, TOTALS, arguments).await;
    let totals = told["totals"].as_array().unwrap();
    let borne = people.iter().map(|id| {
        let total = totals.iter().find(|total| total["member"]["id"] == *id);
        total.unwrap()["total"]["amount"].clone()
    });
    assert_eq!(borne.collect::<Vec<_>>(), ["0.50", "1.00", "3.50"]);
}

#[tokio::test]
async fn the_worth_of_a_surprise_is_hidden_with_it() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult, Child]);
    let people = family.ids(&[0, 1, 2]);
    let surprise = json!({
        "split": { "equal": [people[0], people[1]] }, "visibility": "SURPRISE",
        "surprise": { "hiddenFrom": [people[2]], "revealOn": "2026-12-24" },
    });
    let private = with(json!({ "visibility": "PRIVATE" }), rate("2"));
    family.people[0]
        .record(family.input("10.00", "USD", with(surprise, rate("0.9"))))
        .await;
    family.people[1]
        .record(family.input("1.00", "USD", private))
        .await;
    family.people[1]
        .record(family.input("3.00", "EUR", json!({})))
        .await;
    let seen = async |place: usize| {
        let arguments = json!({ "groupBy": "CURRENCY", "convert": true });
        let told = family.tells(place, TOTALS, arguments).await;
        let totals = told["totals"].as_array().unwrap().clone();
        let amounts = totals
            .iter()
            .map(|total| total["total"]["amount"].as_str().unwrap().to_owned());
        amounts.collect::<Vec<_>>()
    };
    assert_eq!(
        [seen(0).await, seen(1).await, seen(2).await],
        [["12.00"], ["14.00"], ["3.00"]]
    );
    service.clock.advance(std::time::Duration::from_hours(24 * 31));
    assert_eq!(seen(2).await, ["12.00"]);
}

#[tokio::test]
async fn expenses_from_before_there_were_exchanges_are_kept_apart() {
    let service = Service::start().await;
    let family = Family::of(&service, &[Owner, Adult]);
    let split = json!({ "split": { "equal": family.ids(&[0, 1]) } });
    family.people[0].record(family.input("3.00", "USD", split)).await;
    let stored = service
        .database
        .collection::<Document>("expenses")
        .find_one(doc! {})
        .await;
    let stored = format!("{:?}", stored.unwrap().unwrap());
    assert!(
        !stored.contains("worth") && !stored.contains("exchange"),
        "{stored}"
    );
    for grouping in ["CURRENCY", "MEMBER", "MONTH"] {
        let arguments = |convert| json!({ "groupBy": grouping, "convert": convert });
        let told = family.tells(0, TOTALS, arguments(true)).await;
        assert_eq!(told, family.tells(0, TOTALS, arguments(false)).await);
        assert_eq!(told["totals"][0]["total"]["currency"], "USD");
    }
}

#[tokio::test]
async fn the_index_of_earlier_totals_is_gone_after_a_start_and_none_misses_it() {
    let place = constellation_mongod::testing::database().await;
    let service = Service::start_on(&place.uri, &place.name).await;
    let expenses = service.database.collection::<Document>("expenses");
    let made = expenses.list_index_names().await.unwrap();
    let outdated = IndexOptions::builder()
        .name("ledger_for_totals".to_owned())
        .build();
    let outdated = IndexModel::builder().keys(doc! { "minor": 1 }).options(outdated);
    expenses.create_index(outdated.build()).await.unwrap();
    for _ in 0..2 {
        Service::start_on(&place.uri, &place.name).await;
        assert_eq!(expenses.list_index_names().await.unwrap(), made);
    }
}

/// An expense of the property below.
#[derive(Debug, Clone)]
struct Spent {
    minor: i64,
    currency: &'static str,
    /// A rate in millionths, or else what was charged.
    exchange: Option<Result<i64, i64>>,
    bears: Vec<usize>,
    month: &'static str,
    category: Option<&'static str>,
    tags: Vec<&'static str>,
    voided: bool,
    edited: bool,
}

fn spent() -> impl Strategy<Value = Spent> {
    let exchange = prop_oneof![(1..=3_000_000_i64).prop_map(Ok), (1..=2000_i64).prop_map(Err)];
    (
        1..=1000_i64,
        select(&["EUR", "USD", "JPY", "KWD"][..]),
        of(exchange),
        subsequence(vec![0, 1, 2], 1..=3),
        select(&["2026-09", "2026-10"][..]),
        of(select(&["Food", "food", "Fun"][..])),
        subsequence(&["a", "b"][..], 0..=2),
        (prop::bool::weighted(0.1), any::<bool>()),
    )
        .prop_map(
            |(minor, currency, exchange, bears, month, category, tags, (voided, edited))| Spent {
                minor,
                currency,
                exchange: exchange.filter(|_| currency != "EUR"),
                bears,
                month,
                category,
                tags,
                voided,
                edited,
            },
        )
}

impl Spent {
    fn exchange(&self) -> Value {
        match self.exchange {
            None => json!({ "exchange": null }),
            Some(Ok(millionths)) => rate(&format!(
                "{}.{:06}",
                millionths / 1_000_000,
                millionths % 1_000_000
            )),
            Some(Err(cents)) => charged(&amount(cents, "EUR")),
        }
    }

    /// What it counts for when totals convert: the currency, the smallest units, and whether that is its worth. Worked out
    /// as fractions are: twice the distance to the nearest unit is no more than the whole, and to an even one if it is it.
    fn counts(&self) -> (&'static str, i64, bool) {
        match self.exchange {
            None => (self.currency, self.minor, false),
            Some(Err(cents)) => ("EUR", cents, true),
            Some(Ok(millionths)) => {
                let units = match self.currency {
                    "JPY" => 1,
                    "KWD" => 1000,
                    _ => 100,
                };
                let (above, below) = (self.minor * millionths * 100, units * 1_000_000);
                let near = |worth: &i64| 2 * (above - worth * below).abs();
                let worth = (above / below..=above / below + 1)
                    .min_by_key(|worth| (near(worth), worth % 2))
                    .unwrap();
                assert!(near(&worth) <= below);
                ("EUR", worth, true)
            }
        }
    }

    /// What the expense counts for in totals by this: the field's values.
    fn groups(&self, grouping: &str) -> Vec<Value> {
        match grouping {
            "CATEGORY" => vec![json!(self.category.map(str::to_lowercase))],
            "TAG" if self.tags.is_empty() => vec![Value::Null],
            "TAG" => self.tags.iter().map(|tag| json!(tag)).collect(),
            "MONTH" => vec![json!(self.month)],
            _ => vec![Value::Null],
        }
    }
}

async fn record(family: &Family, spent: &Spent) {
    let ana = &family.people[0];
    let bears = family.ids(&spent.bears);
    let words = json!({
        "split": { "equal": bears }, "date": format!("{}-15", spent.month), "category": spent.category, "tags": spent.tags,
    });
    // Half of them come to their amount and worth by an edit: sums follow edits.
    let (first, then) = if spent.edited {
        (family.input("7.77", "USD", with(words, rate("1.5"))), true)
    } else {
        let written = amount(spent.minor, spent.currency);
        (
            family.input(&written, spent.currency, with(words, spent.exchange())),
            false,
        )
    };
    let id = ana.record(first).await["id"].take();
    if then {
        let paid = json!({ "amount": amount(spent.minor, spent.currency), "currency": spent.currency });
        let changes = with(json!({ "amount": paid }), spent.exchange());
        assert_eq!(edit(family, &id, 1, changes).await, [""; 0]);
    }
    if spent.voided {
        let version = if then { 2 } else { 1 };
        let voided = ana.change("voidExpense", json!({ "id": id, "expectedVersion": version }));
        assert_eq!(voided.await["userErrors"], json!([]));
    }
}

type Sums = BTreeMap<(String, String), (i64, i64, i64)>;

/// The totals by group and currency: the sum in smallest units, of how many, of which so many were converted.
fn read(totals: &Value, grouping: &str) -> Sums {
    let total = |total: &Value| {
        let field = match grouping {
            "MEMBER" => &total["member"]["id"],
            "CURRENCY" => &Value::Null,
            other => &total[other.to_lowercase()],
        };
        let minor = total["total"]["amount"].as_str().unwrap().replace('.', "");
        let number = |name: &str| total[name].as_i64().unwrap();
        (
            (
                field.to_string().to_lowercase(),
                total["total"]["currency"].as_str().unwrap().to_owned(),
            ),
            (minor.parse().unwrap(), number("count"), number("convertedCount")),
        )
    };
    totals.as_array().unwrap().iter().map(total).collect()
}

/// The sums of these by the currency alone.
fn by_currency(sums: &Sums) -> BTreeMap<String, i64> {
    let mut all = BTreeMap::new();
    for ((_, currency), (minor, ..)) in sums {
        *all.entry(currency.clone()).or_default() += minor;
    }
    all
}

#[test]
fn converted_totals_are_what_exact_arithmetic_says_and_every_grouping_comes_to_the_same() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let mut runner = TestRunner::new(Config::default());
    let sample = prop::collection::vec(spent(), 60)
        .new_tree(&mut runner)
        .unwrap()
        .current();
    runtime.block_on(async {
        let service = Service::start().await;
        let family = Family::of(&service, &[Owner, Adult, Child]);
        for spent in &sample {
            record(&family, spent).await;
        }
        let valid: Vec<&Spent> = sample.iter().filter(|spent| !spent.voided).collect();
        let ask = async |grouping: &str, rest: Value| {
            let arguments = with(json!({ "groupBy": grouping, "convert": true }), rest);
            family.tells(1, TOTALS, arguments).await["totals"].take()
        };
        for grouping in ["CURRENCY", "CATEGORY", "TAG", "MONTH"] {
            let mut expected = Sums::new();
            for spent in &valid {
                let (currency, minor, converted) = spent.counts();
                for group in spent.groups(grouping) {
                    let sum = expected
                        .entry((group.to_string(), currency.to_owned()))
                        .or_default();
                    *sum = (sum.0 + minor, sum.1 + 1, sum.2 + i64::from(converted));
                }
            }
            assert_eq!(
                read(&ask(grouping, json!({})).await, grouping),
                expected,
                "{grouping} {sample:?}"
            );
        }

        // What the members bear is all of it, to the last unit.
        let all = by_currency(&read(&ask("CURRENCY", json!({})).await, "CURRENCY"));
        let members = read(&ask("MEMBER", json!({})).await, "MEMBER");
        assert_eq!(by_currency(&members), all);
        assert_eq!(
            by_currency(&read(&ask("CATEGORY", json!({})).await, "CATEGORY")),
            all
        );
        assert_eq!(by_currency(&read(&ask("MONTH", json!({})).await, "MONTH")), all);

        // Two months are all there is, and are converted as all of it is.
        let compare = json!({ "compare": { "month": "2026-10", "with": "2026-09" } });
        let compared = ask("CURRENCY", compare).await;
        for total in compared.as_array().unwrap() {
            let units = |money: &Value| {
                money["amount"]
                    .as_str()
                    .unwrap()
                    .replace('.', "")
                    .parse::<i64>()
                    .unwrap()
            };
            let sum = units(&total["total"]) + units(&total["earlier"]["total"]);
            assert_eq!(sum, all[total["total"]["currency"].as_str().unwrap()]);
        }
    });
}
