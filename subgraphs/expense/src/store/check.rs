use std::collections::BTreeMap;

use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, transaction};
use futures_util::{FutureExt as _, TryStreamExt as _};
use mongodb::bson::{Bson, Decimal128, Document, doc};
use mongodb::{ClientSession, error};
use serde::Deserialize;

use super::balances::whole;
use super::contents_document::currency;
use super::{ExpenseStore, decode, scope};
use crate::domain::{Balances, Books, Currency, LedgerCheck, Readable};

/// What the expenses of a ledger come to.
#[derive(Debug, Deserialize)]
struct ExpensesDocument {
    counts: Vec<CountsDocument>,
    nets: Vec<NetDocument>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct CountsDocument {
    expenses: i64,
    wrong_shares: i64,
    wrong_payers: i64,
}

#[derive(Debug, Deserialize)]
struct NetDocument {
    #[serde(rename = "_id")]
    key: KeyDocument,
    sum: Decimal128,
}

#[derive(Debug, Deserialize)]
struct KeyDocument {
    currency: String,
    #[serde(with = "ids")]
    member: UserId,
}

/// What the settlements of a ledger come to.
#[derive(Debug, Deserialize)]
struct SettlementsDocument {
    counts: Vec<SettlementCountDocument>,
    nets: Vec<NetDocument>,
}

#[derive(Debug, Deserialize)]
struct SettlementCountDocument {
    settlements: i64,
}

impl ExpenseStore {
    /// Works out a ledger anew from everything that is in it and may be read, and holds it against its balances.
    ///
    /// # Errors
    /// When the database fails.
    pub(crate) async fn check(&self, readable: Readable) -> Result<Option<LedgerCheck>, StoreError> {
        let Books::Household(household, viewer) = readable.books() else {
            return Ok(None);
        };
        // All of it is read as it was at one moment: a write in between would look like a mistake.
        let context = (self.clone(), readable);
        let (expenses, settlements, balances) =
            transaction(self.client(), context, move |session, (store, readable)| {
                async move {
                    let now = store.clock.now();
                    let expenses = store.expenses.clone_with_type::<Document>();
                    let expenses = expenses
                        .aggregate(of_expenses(scope::of(*readable, now)))
                        .session(&mut *session)
                        .await?;
                    let expenses = all(expenses, session).await?;
                    let settlements = store
                        .settlements
                        .aggregate(of_settlements(scope::settlements(*readable, now)))
                        .session(&mut *session)
                        .await?;
                    let settlements = all(settlements, session).await?;
                    let balances = store.balances_within(session, household, viewer, now).await?;
                    Ok((expenses, settlements, balances))
                }
                .boxed()
            })
            .await?;
        compare(expenses, settlements, &balances).map(Some)
    }
}

async fn all(
    mut cursor: mongodb::SessionCursor<Document>,
    session: &mut ClientSession,
) -> error::Result<Vec<Document>> {
    cursor.stream(session).try_collect().await
}

fn compare(
    expenses: Vec<Document>,
    settlements: Vec<Document>,
    balances: &Balances,
) -> Result<LedgerCheck, StoreError> {
    let nothing = || StoreError::Corrupt("a facet gives one document".into());
    let expenses: ExpensesDocument = decode(expenses.into_iter().next().ok_or_else(nothing)?)?;
    let settlements: SettlementsDocument = decode(settlements.into_iter().next().ok_or_else(nothing)?)?;
    let counts = expenses.counts.into_iter().next().unwrap_or_default();

    let mut differences: BTreeMap<(Currency, UserId), i128> = BTreeMap::new();
    for net in expenses.nets.into_iter().chain(settlements.nets) {
        let key = (currency(&net.key.currency)?, net.key.member);
        *differences.entry(key).or_default() += whole(net.sum)?;
    }
    let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
    for balance in balances.of_members() {
        *sums.entry(balance.currency).or_default() += balance.minor;
        *differences.entry((balance.currency, balance.member)).or_default() -= balance.minor;
    }
    let wrong = differences
        .values()
        .filter(|difference| **difference != 0)
        .count();
    Ok(LedgerCheck {
        expenses: counts.expenses,
        settlements: settlements.counts.first().map_or(0, |counts| counts.settlements),
        wrong_shares: counts.wrong_shares,
        wrong_payers: counts.wrong_payers,
        wrong_balances: i64::try_from(wrong).unwrap_or(i64::MAX),
        sums: sums.into_iter().collect(),
    })
}

fn of_expenses(scope: Document) -> [Document; 3] {
    let parts = |list: &str, sign: i32| {
        doc! { "$map": {
            "input": list, "as": "part",
            "in": { "member": "$$part.member", "minor": { "$multiply": [{ "$toDecimal": "$$part.minor" }, sign] } },
        } }
    };
    let unequal = |sum: &str| doc! { "$sum": { "$cond": [{ "$eq": [sum, "$minor"] }, 0_i64, 1_i64] } };
    let live = doc! { "$concatArrays": [parts("$sharing.payers", 1), parts("$sharing.shares", -1)] };
    let counts = [doc! { "$group": {
        "_id": Bson::Null,
        "expenses": { "$sum": 1_i64 },
        "wrongShares": unequal("$shares"),
        "wrongPayers": unequal("$payers"),
    } }];
    [
        doc! { "$match": scope },
        doc! { "$project": {
            "currency": 1,
            "minor": 1,
            "shares": { "$sum": "$sharing.shares.minor" },
            "payers": { "$sum": "$sharing.payers.minor" },
            "parts": { "$cond": ["$voided", [], live] },
        } },
        doc! { "$facet": { "counts": &counts[..], "nets": &nets()[..] } },
    ]
}

fn of_settlements(scope: Document) -> [Document; 3] {
    let minor = doc! { "$toDecimal": "$minor" };
    let paid = doc! { "member": "$from", "minor": &minor };
    let got = doc! { "member": "$to", "minor": { "$multiply": [minor, -1] } };
    let counts = [doc! { "$group": { "_id": Bson::Null, "settlements": { "$sum": 1_i64 } } }];
    [
        doc! { "$match": scope },
        doc! { "$project": { "currency": 1, "parts": { "$cond": ["$voided", [], [paid, got]] } } },
        doc! { "$facet": { "counts": &counts[..], "nets": &nets()[..] } },
    ]
}

fn nets() -> [Document; 2] {
    [
        doc! { "$unwind": "$parts" },
        doc! { "$group": {
            "_id": { "currency": "$currency", "member": "$parts.member" },
            "sum": { "$sum": "$parts.minor" },
        } },
    ]
}
