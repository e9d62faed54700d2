//! Pages against the model: whatever is asked for, following the cursors gives the list, once and in order.

use std::collections::HashSet;

use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use crate::model::{self, Filter, Order, Row, filter, list, order, record, record_all, row, rows};
use crate::support::{Person, Service};

const PAGE: &str = "expenses(first: $first, after: $after, last: $last, before: $before, filter: $filter, orderBy: $orderBy) {
    edges { cursor node { id } } pageInfo { hasPreviousPage hasNextPage startCursor endCursor } }";

#[derive(Debug)]
struct Page {
    ids: Vec<String>,
    has_previous: bool,
    has_next: bool,
    start: Value,
    end: Value,
}

async fn page(ana: &Person, filter: &Filter, order: Order, arguments: Value) -> Page {
    let mut variables = json!({ "filter": filter.json(), "orderBy": order.json() });
    for name in ["first", "after", "last", "before"] {
        variables[name] = arguments[name].clone();
    }
    let me = ana.me(PAGE, variables).await;
    let edges = me["expenses"]["edges"].as_array().unwrap();
    let info = &me["expenses"]["pageInfo"];
    for (cursor, edge) in [
        (&info["startCursor"], edges.first()),
        (&info["endCursor"], edges.last()),
    ] {
        assert_eq!(*cursor, edge.map_or(Value::Null, |edge| edge["cursor"].clone()));
    }
    Page {
        ids: edges
            .iter()
            .map(|edge| edge["node"]["id"].as_str().unwrap().to_owned())
            .collect(),
        has_previous: info["hasPreviousPage"].as_bool().unwrap(),
        has_next: info["hasNextPage"].as_bool().unwrap(),
        start: info["startCursor"].clone(),
        end: info["endCursor"].clone(),
    }
}

fn runner(cases: u32) -> TestRunner {
    let config = Config {
        cases,
        failure_persistence: None,
        ..Config::default()
    };
    TestRunner::new(config)
}

/// Some rows that every case of a property looks at.
fn sample(runner: &mut TestRunner, count: usize) -> Vec<Row> {
    rows(count..count + 1).new_tree(runner).unwrap().current()
}

#[test]
fn following_the_cursors_both_ways_gives_the_whole_list_in_order() {
    let runtime = Runtime::new().unwrap();
    let mut runner = runner(60);
    let (ana, all) = runtime.block_on(async {
        let ana = Service::start().await.person();
        let all = record_all(&ana, sample(&mut runner, 90)).await;
        (ana, all)
    });
    let cases = (filter(), order(), prop_oneof![1..8_usize, Just(100)]);
    runner
        .run(&cases, |(filter, order, size)| {
            runtime.block_on(async {
                let expected = list(&all, &filter, order);
                let (mut forward, mut after) = (Vec::new(), Value::Null);
                loop {
                    let page = page(&ana, &filter, order, json!({ "first": size, "after": after })).await;
                    prop_assert_eq!(page.has_previous, !forward.is_empty());
                    forward.extend(page.ids);
                    prop_assert!(expected.starts_with(&forward));
                    prop_assert_eq!(page.has_next, forward.len() < expected.len());
                    if !page.has_next {
                        break;
                    }
                    after = page.end;
                }
                prop_assert_eq!(&forward, &expected);

                let (mut backward, mut before) = (Vec::new(), Value::Null);
                loop {
                    let page = page(&ana, &filter, order, json!({ "last": size, "before": before })).await;
                    prop_assert_eq!(page.has_next, !backward.is_empty());
                    backward.splice(..0, page.ids);
                    prop_assert!(expected.ends_with(&backward));
                    prop_assert_eq!(page.has_previous, backward.len() < expected.len());
                    if !page.has_previous {
                        break;
                    }
                    before = page.start;
                }
                prop_assert_eq!(&backward, &expected);
                Ok(())
            })
        })
        .unwrap();
}

#[test]
fn a_page_between_two_cursors_is_that_part_of_the_list() {
    let runtime = Runtime::new().unwrap();
    let mut runner = runner(60);
    let (ana, all) = runtime.block_on(async {
        let ana = Service::start().await.person();
        let all = record_all(&ana, sample(&mut runner, 40)).await;
        (ana, all)
    });
    let ends = (any::<prop::sample::Index>(), any::<prop::sample::Index>());
    let cases = (filter(), order(), ends, 0..12_usize, any::<bool>());
    runner
        .run(&cases, |(filter, order, (a, b), size, from_start)| {
            runtime.block_on(async {
                // The cursors are those of any two expenses; a cursor is a position, whether or not the filter lets it through.
                let whole = page(&ana, &Filter::default(), order, json!({ "first": 100 })).await;
                let everything = list(&all, &Filter::default(), order);
                prop_assert_eq!(&whole.ids, &everything);
                let (a, b) = (a.index(everything.len()), b.index(everything.len()));
                let cursor = async |place: usize| {
                    page(&ana, &Filter::default(), order, json!({ "first": place + 1 }))
                        .await
                        .end
                };
                let position = |id: &str| all.iter().find(|row| row.id == id).unwrap();
                let (after, before) = (position(&everything[a]), position(&everything[b]));
                let matching = list(&all, &filter, order);
                let between: Vec<&String> = matching
                    .iter()
                    .filter(|id| {
                        order.compare(position(id), after).is_gt()
                            && order.compare(position(id), before).is_lt()
                    })
                    .collect();
                let (side, range) = if from_start {
                    ("first", 0..size.min(between.len()))
                } else {
                    ("last", between.len().saturating_sub(size)..between.len())
                };
                let arguments = json!({ side: size, "after": cursor(a).await, "before": cursor(b).await });
                let part = page(&ana, &filter, order, arguments).await;
                let expected: Vec<&String> = between[range.clone()].to_vec();
                prop_assert_eq!(part.ids.iter().collect::<Vec<_>>(), expected);

                let at_or_behind = matching
                    .iter()
                    .any(|id| order.compare(position(id), after).is_le());
                let at_or_beyond = matching
                    .iter()
                    .any(|id| order.compare(position(id), before).is_ge());
                let (previous, next) = if from_start {
                    (at_or_behind, range.end < between.len() || at_or_beyond)
                } else {
                    (range.start > 0 || at_or_behind, at_or_beyond)
                };
                prop_assert_eq!((part.has_previous, part.has_next), (previous, next));
                Ok(())
            })
        })
        .unwrap();
}

#[derive(Debug, Clone)]
enum Meddling {
    Insert(Row),
    Void(prop::sample::Index),
    Redate(prop::sample::Index, Row),
}

fn meddling() -> impl Strategy<Value = Meddling> {
    prop_oneof![
        row().prop_map(|row| Meddling::Insert(Row { voided: false, ..row })),
        any::<prop::sample::Index>().prop_map(Meddling::Void),
        (any::<prop::sample::Index>(), row()).prop_map(|(which, row)| Meddling::Redate(which, row)),
    ]
}

#[test]
fn what_stays_is_met_exactly_once_while_others_come_and_go() {
    let runtime = Runtime::new().unwrap();
    let service = runtime.block_on(Service::start());
    let cases = (
        rows(5..18),
        prop::collection::vec(prop::collection::vec(meddling(), 0..3), 8),
        order(),
        any::<bool>(),
        1..4_usize,
    );
    runner(25)
        .run(&cases, |(start, meddlings, order, forward, size)| {
            runtime.block_on(async {
                let ana = service.person();
                let start = start.into_iter().map(|row| Row { voided: false, ..row }).collect();
                let mut present = record_all(&ana, start).await;
                let mut touched: HashSet<String> = HashSet::new();
                let first: Vec<String> = present.iter().map(|row| row.id.clone()).collect();
                let (mut met, mut cursor, mut pages) = (Vec::new(), Value::Null, 0);
                let mut meddlings = meddlings.into_iter();
                loop {
                    let arguments = if forward {
                        json!({ "first": size, "after": cursor })
                    } else {
                        json!({ "last": size, "before": cursor })
                    };
                    let page = page(&ana, &Filter::default(), order, arguments).await;
                    let (more, next) = if forward { (page.has_next, page.end) } else { (page.has_previous, page.start) };
                    let ids = page.ids.into_iter();
                    if forward {
                        met.extend(ids);
                    } else {
                        met.extend(ids.rev());
                    }
                    // The meddling ends; what is left after it is met in a few pages.
                    pages += 1;
                    prop_assert!(pages < 100);
                    if !more {
                        break;
                    }
                    // A page of which everything has gone meanwhile has no cursor; the one before still is good.
                    if !next.is_null() {
                        cursor = next;
                    }
                    for meddling in meddlings.next().unwrap_or_default() {
                        match meddling {
                            Meddling::Insert(row) => {
                                let row = record(&ana, row).await;
                                touched.insert(row.id.clone());
                                present.push(row);
                            }
                            Meddling::Void(which) => {
                                let which = which.index(present.len());
                                let change = json!({ "id": present[which].id, "expectedVersion": present[which].version });
                                ana.change("voidExpense", change).await;
                                touched.insert(present[which].id.clone());
                                present.remove(which);
                                if present.is_empty() {
                                    return Ok(());
                                }
                            }
                            Meddling::Redate(which, row) => {
                                let which = which.index(present.len());
                                let change = json!({
                                    "id": present[which].id, "expectedVersion": present[which].version, "date": row.date,
                                    "amount": { "amount": model::amount(row.minor, row.currency), "currency": row.currency },
                                });
                                let changed = ana.change("updateExpense", change).await;
                                present[which].version = changed["expense"]["version"].as_i64().unwrap();
                                touched.insert(present[which].id.clone());
                            }
                        }
                    }
                }
                for id in first.iter().filter(|id| !touched.contains(*id)) {
                    prop_assert_eq!(met.iter().filter(|seen| *seen == id).count(), 1);
                }
                let stayed: Vec<&String> = met.iter().filter(|id| !touched.contains(*id)).collect();
                let mut ordered = list(&present, &Filter::default(), order);
                if !forward {
                    ordered.reverse();
                }
                ordered.retain(|id| !touched.contains(id));
                prop_assert_eq!(stayed, ordered.iter().collect::<Vec<_>>());
                Ok(())
            })
        })
        .unwrap();
}
