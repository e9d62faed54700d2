//! What lists and totals must be, worked out the slow and simple way.

use std::cmp::Ordering;
use std::collections::BTreeMap;

use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use serde_json::{Value, json};

use crate::support::{Person, bread, with};

/// An expense as a test remembers it.
#[derive(Debug, Clone)]
pub(crate) struct Row {
    pub(crate) id: String,
    pub(crate) version: i64,
    pub(crate) minor: i64,
    pub(crate) currency: &'static str,
    pub(crate) date: String,
    pub(crate) description: &'static str,
    pub(crate) merchant: Option<&'static str>,
    pub(crate) notes: Option<&'static str>,
    pub(crate) category: Option<&'static str>,
    pub(crate) tags: Vec<&'static str>,
    pub(crate) voided: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Filter {
    dates: (Option<String>, Option<String>),
    categories: Option<Vec<Option<&'static str>>>,
    text: Option<&'static str>,
    amount: Option<(&'static str, Option<i64>, Option<i64>)>,
    currency: Option<&'static str>,
    tags: Option<Vec<&'static str>>,
    voided: Option<&'static str>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Order {
    pub(crate) field: &'static str,
    pub(crate) direction: &'static str,
}

const CURRENCIES: [&str; 4] = ["EUR", "JPY", "KWD", "USD"];
const CATEGORIES: [&str; 5] = ["Groceries", "groceries", "Travel", "ÄRZTE", "ärzte"];
const SEARCHES: [&str; 12] = [
    "cafe", "CAFÉ", "bread", ".", "b*", "[a", "\\d", "(REALLY)", "müsli", "%", "", "zzz",
];
const TAGS: [&str; 3] = ["kids", "italy 2026", "work"];

fn day() -> impl Strategy<Value = String> {
    (select(&["2025-12", "2026-01", "2026-02"][..]), 1..=12_u8)
        .prop_map(|(month, day)| format!("{month}-{day:02}"))
}

pub(crate) fn row() -> impl Strategy<Value = Row> {
    let texts = (
        select(&["Café au lait", "BREAD", "50% off [a.b*c]", "Müsli", "x"][..]),
        of(select(&["Corner Café", "Bäcker", "REWE", "Rewe"][..])),
        of(select(&["for\nthe bread", "\\d+ (really)"][..])),
    );
    (
        1..=5_i64,
        select(&CURRENCIES[..]),
        day(),
        texts,
        of(select(&CATEGORIES[..])),
        subsequence(&TAGS[..], 0..=3),
        prop::bool::weighted(0.2),
    )
        .prop_map(
            |(minor, currency, date, (description, merchant, notes), category, tags, voided)| Row {
                id: String::new(),
                version: 0,
                minor,
                currency,
                date,
                description,
                merchant,
                notes,
                category,
                tags,
                voided,
            },
        )
}

pub(crate) fn rows(count: std::ops::Range<usize>) -> impl Strategy<Value = Vec<Row>> {
    vec(row(), count)
}

pub(crate) fn filter() -> impl Strategy<Value = Filter> {
    (
        (of(day()), of(day())).prop_map(|(a, b)| match (&a, &b) {
            (Some(from), Some(to)) if from > to => (b, a),
            _ => (a, b),
        }),
        prop::option::weighted(0.3, vec(of(select(&CATEGORIES[..])), 0..3)),
        prop::option::weighted(0.3, select(&SEARCHES[..])),
        prop::option::weighted(0.3, (select(&CURRENCIES[..]), of(0..=3_i64), of(3..=6_i64))),
        prop::option::weighted(0.2, select(&CURRENCIES[..])),
        prop::option::weighted(0.3, subsequence(&TAGS[..], 0..=2)),
        of(select(&["EXCLUDE", "INCLUDE", "ONLY"][..])),
    )
        .prop_map(
            |(dates, categories, text, amount, currency, tags, voided)| Filter {
                dates,
                categories,
                text,
                amount,
                currency,
                tags,
                voided,
            },
        )
}

pub(crate) fn order() -> impl Strategy<Value = Order> {
    (select(&["DATE", "AMOUNT"][..]), select(&["ASC", "DESC"][..]))
        .prop_map(|(field, direction)| Order { field, direction })
}

/// An amount of smallest units as it is written.
pub(crate) fn amount(minor: i64, currency: &str) -> String {
    match currency {
        "JPY" => minor.to_string(),
        "KWD" => format!("{}.{:03}", minor / 1000, minor % 1000),
        _ => format!("{}.{:02}", minor / 100, minor % 100),
    }
}

fn plain(text: &str) -> String {
    let text = text.to_lowercase();
    text.replace('é', "e").replace('ü', "u").replace('ä', "a")
}

impl Row {
    pub(crate) fn input(&self, base: Value) -> Value {
        let input = json!({
            "amount": { "amount": amount(self.minor, self.currency), "currency": self.currency },
            "description": self.description, "merchant": self.merchant, "notes": self.notes,
            "category": self.category, "tags": self.tags, "date": self.date,
        });
        with(base, input)
    }
}

impl Filter {
    pub(crate) fn json(&self) -> Value {
        let mut filter = json!({});
        let mut put = |field: &str, value: Value| {
            if !value.is_null() {
                filter[field] = value;
            }
        };
        put("dateFrom", json!(self.dates.0));
        put("dateTo", json!(self.dates.1));
        put("categories", json!(self.categories));
        put("text", json!(self.text));
        if let Some((currency, min, max)) = self.amount {
            let bound = |bound: Option<i64>| bound.map(|minor| amount(minor, currency));
            put(
                "amount",
                json!({ "currency": currency, "min": bound(min), "max": bound(max) }),
            );
        }
        put("currency", json!(self.currency));
        put("tags", json!(self.tags));
        put("voided", json!(self.voided));
        filter
    }

    /// The same without its dates.
    pub(crate) fn of_all_days(self) -> Self {
        Self {
            dates: (None, None),
            ..self
        }
    }

    pub(crate) fn matches(&self, row: &Row) -> bool {
        let category = |name: Option<&str>| name.map(str::to_lowercase);
        let texts = [Some(row.description), row.merchant, row.notes];
        self.dates.0.as_ref().is_none_or(|from| row.date >= *from)
            && self.dates.1.as_ref().is_none_or(|to| row.date <= *to)
            && self.categories.as_ref().is_none_or(|names| {
                names.is_empty() || names.iter().any(|name| category(*name) == category(row.category))
            })
            && self.text.is_none_or(|text| {
                texts
                    .iter()
                    .flatten()
                    .any(|whole| plain(whole).contains(&plain(text)))
            })
            && self.amount.is_none_or(|(currency, min, max)| {
                row.currency == currency
                    && min.is_none_or(|min| row.minor >= min)
                    && max.is_none_or(|max| row.minor <= max)
            })
            && self.currency.is_none_or(|currency| row.currency == currency)
            && self
                .tags
                .as_ref()
                .is_none_or(|tags| tags.iter().all(|tag| row.tags.contains(tag)))
            && match self.voided {
                None | Some("EXCLUDE") => !row.voided,
                Some("ONLY") => row.voided,
                _ => true,
            }
    }
}

impl Order {
    pub(crate) fn json(self) -> Value {
        json!({ "field": self.field, "direction": self.direction })
    }

    pub(crate) fn compare(self, a: &Row, b: &Row) -> Ordering {
        let by = match self.field {
            "DATE" => a.date.cmp(&b.date),
            _ => (a.currency, a.minor).cmp(&(b.currency, b.minor)),
        };
        let by = by.then_with(|| a.id.cmp(&b.id));
        if self.direction == "ASC" { by } else { by.reverse() }
    }
}

/// The ids of the list.
pub(crate) fn list(rows: &[Row], filter: &Filter, order: Order) -> Vec<String> {
    let mut rows: Vec<&Row> = rows.iter().filter(|row| filter.matches(row)).collect();
    rows.sort_by(|a, b| order.compare(a, b));
    rows.into_iter().map(|row| row.id.clone()).collect()
}

/// What an expense counts for, each as a field's value.
fn counts_for(row: &Row, owner: &str, grouping: &str) -> Vec<Value> {
    match grouping {
        "CATEGORY" => vec![json!(row.category)],
        "MERCHANT" => vec![json!(row.merchant)],
        "TAG" if row.tags.is_empty() => vec![Value::Null],
        "TAG" => row.tags.iter().map(|tag| json!(tag)).collect(),
        "MEMBER" => vec![json!({ "id": owner })],
        "MONTH" => vec![json!(row.date[..7])],
        "YEAR" => vec![json!(row.date[..4].parse::<i32>().unwrap())],
        _ => vec![Value::Null],
    }
}

fn spelled(value: &Value) -> String {
    value.to_string()
}

/// The totals of these rows by what they count for and currency, names that differ only in case together.
fn sums(
    rows: &[&Row],
    owner: &str,
    grouping: &str,
) -> BTreeMap<(bool, String, &'static str), (Value, i64, usize)> {
    let mut groups: BTreeMap<_, (Value, i64, usize)> = BTreeMap::new();
    for row in rows {
        for value in counts_for(row, owner, grouping) {
            let key = (value.is_null(), value.to_string().to_lowercase(), row.currency);
            let group = groups.entry(key).or_insert((value.clone(), 0, 0));
            if spelled(&value) < spelled(&group.0) {
                group.0 = value;
            }
            group.1 += row.minor;
            group.2 += 1;
        }
    }
    groups
}

/// The totals, as the graph writes them.
pub(crate) fn totals(
    rows: &[Row],
    owner: &str,
    filter: &Filter,
    grouping: &str,
    compare: Option<(&str, &str)>,
) -> Value {
    let rows: Vec<&Row> = rows.iter().filter(|row| filter.matches(row)).collect();
    let of = |month: &str| -> Vec<&Row> {
        let rows = rows.iter().copied();
        rows.filter(|row| row.date.starts_with(month)).collect()
    };
    let now = sums(&of(compare.map_or("", |(month, _)| month)), owner, grouping);
    let then = compare.map_or(BTreeMap::new(), |(_, with)| sums(&of(with), owner, grouping));
    let mut keys: Vec<_> = now.keys().chain(then.keys()).cloned().collect();
    keys.sort();
    keys.dedup();
    let money = |minor: i64, currency: &str| {
        let sign = if minor < 0 { "-" } else { "" };
        json!({ "amount": format!("{sign}{}", amount(minor.abs(), currency)), "currency": currency })
    };
    let total = |key: &(bool, String, &'static str)| {
        let currency = key.2;
        let found = [now.get(key), then.get(key)];
        let names = found.iter().flatten().map(|(name, ..)| name);
        let name = names.min_by_key(|name| spelled(name)).unwrap();
        let [(sum, count), (before, count_before)] =
            found.map(|found| found.map_or((0, 0), |(_, sum, count)| (*sum, *count)));
        let mut total = json!({
            "category": null, "merchant": null, "tag": null, "member": null, "month": null, "year": null,
            "total": money(sum, currency), "count": count, "earlier": null,
        });
        if grouping != "CURRENCY" {
            total[grouping.to_lowercase()] = name.clone();
        }
        if compare.is_some() {
            total["earlier"] = json!({
                "total": money(before, currency), "count": count_before, "change": money(sum - before, currency),
            });
        }
        total
    };
    keys.iter().map(total).collect()
}

/// Records the row, and gives it the id it got. Every other one is recorded as something else first and edited into what
/// it is, for lists and totals must follow edits.
pub(crate) async fn record(ana: &Person, mut row: Row) -> Row {
    let edited = row.minor % 2 == 0;
    let first = if edited {
        let other = json!({
            "description": "Café bread", "merchant": "(really)", "notes": "müsli", "category": "groceries",
            "tags": ["work"], "date": "2026-01-05", "amount": { "amount": "2", "currency": "JPY" },
        });
        with(bread(), other)
    } else {
        row.input(bread())
    };
    let mut expense = ana.record(first).await;
    if edited {
        let edit = row.input(json!({ "id": expense["id"], "expectedVersion": 1 }));
        expense = ana.change("updateExpense", edit).await["expense"].take();
    }
    row.id = expense["id"].as_str().unwrap().to_owned();
    if row.voided {
        let void = json!({ "id": row.id, "expectedVersion": expense["version"] });
        let voided = ana.change("voidExpense", void).await;
        assert_eq!(voided["userErrors"], json!([]));
        expense = voided["expense"].clone();
    }
    row.version = expense["version"].as_i64().unwrap();
    row
}

pub(crate) async fn record_all(ana: &Person, rows: Vec<Row>) -> Vec<Row> {
    let mut recorded = Vec::new();
    for row in rows {
        recorded.push(record(ana, row).await);
    }
    recorded
}
