//! What the ledger must look like: to each observer, and in the database.

use std::collections::{BTreeMap, BTreeSet};

use mongodb::bson::{Bson, Document, doc};
use serde_json::{Value, json};

use super::client;
use super::resolve::Transfer;
use super::rules::{Hidden, Name, Part, Place, Share, World};
use crate::family::Family;
use crate::model::amount;
use crate::support::Service;

/// Everything that a household tells, but for its feed.
pub(crate) const ALL: &str = "
    expenses(first: 60, filter: $filter) { edges { node { id description version voidedAt category visibility revealOn
        amount { amount currency } hiddenFrom { id }
        payers { member { id } amount { amount } } shares { member { id } amount { amount } } } } }
    totals(groupBy: CURRENCY) { count total { amount currency } }
    ofMembers: totals(groupBy: MEMBER) { member { id } count total { amount currency } }
    balances { member { id } amount { amount currency } }
    settlementPlan { planToken currency transfers { from { id } to { id } amount { amount } hiddenFrom { id } revealOn } }
    settlements(first: 60) { edges { node { id note version voidedAt from { id } to { id } amount { amount currency }
        hiddenFrom { id } revealOn } } }
    ledgerCheck { ok expenses settlements wrongShares wrongPayers wrongBalances sums { amount } }";

fn money(minor: i64, currency: &str) -> Value {
    let sign = if minor < 0 { "-" } else { "" };
    json!(format!("{sign}{} {currency}", amount(minor.abs(), currency)))
}

fn told_money(amount: &Value) -> String {
    format!(
        "{} {}",
        amount["amount"].as_str().unwrap(),
        amount["currency"].as_str().unwrap()
    )
}

fn ids(people: &Value) -> Value {
    people
        .as_array()
        .unwrap()
        .iter()
        .map(|one| one["id"].clone())
        .collect()
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().unwrap().iter()
}

impl World {
    /// What this observer must be told, in the form of [`told`]; null who does not belong to the household.
    pub(crate) fn view(&self, family: &Family, observer: Place) -> Value {
        if self.roles[observer].is_none() {
            return Value::Null;
        }
        let person = |place: Place| family.people[place].id();
        let parts = |parts: &[Part], currency: &str| -> Value {
            let parts = parts
                .iter()
                .map(|(place, minor)| json!([person(*place), amount(*minor, currency)]));
            parts.collect()
        };
        let hidden_from = |hidden: Option<&Hidden>| -> Value {
            hidden
                .iter()
                .flat_map(|hidden| &hidden.from)
                .map(|place| json!(person(*place)))
                .collect()
        };
        let (mut expenses, mut settlements) = (json!({}), json!({}));
        let mut sums: BTreeMap<String, (i64, usize)> = BTreeMap::new();
        let mut add = |key: String, minor: i64| {
            let sum = sums.entry(key).or_default();
            *sum = (sum.0 + minor, sum.1 + 1);
        };
        for (name, expense) in self
            .expenses
            .iter()
            .filter(|(_, expense)| self.sees(observer, expense))
        {
            let terms = expense.terms();
            let shares: Vec<Part> = expense
                .shares
                .iter()
                .map(|share| (share.member, share.minor))
                .collect();
            expenses[client::expense(*name)] = json!({
                "version": expense.versions.len(), "voided": expense.voided, "category": terms.category,
                "amount": money(terms.minor, terms.currency), "hiddenFrom": hidden_from(expense.hidden()),
                "revealOn": expense.hidden().map(|hidden| hidden.until.to_string()),
                "payers": parts(&terms.payers, terms.currency), "shares": parts(&shares, terms.currency),
            });
            if !expense.voided {
                add(terms.currency.to_owned(), terms.minor);
                for (member, minor) in shares {
                    add(format!("{} {}", person(member), terms.currency), minor);
                }
            }
        }
        let visible = self
            .settlements
            .iter()
            .filter(|(_, settlement)| self.sees_settlement(observer, settlement));
        for (name, settlement) in visible {
            settlements[client::settlement(*name)] = json!({
                "version": settlement.version, "voided": settlement.voided,
                "from": person(settlement.from), "to": person(settlement.to),
                "amount": money(settlement.minor, settlement.currency),
                "hiddenFrom": hidden_from(settlement.hidden.as_ref()),
                "revealOn": settlement.hidden.as_ref().map(|hidden| hidden.until.to_string()),
            });
        }
        let totals = sums.iter().map(|(key, (minor, count))| {
            let currency = key.rsplit(' ').next().unwrap();
            (key.clone(), json!([money(*minor, currency), count]))
        });
        let (mut balances, mut all_sums) = (BTreeMap::new(), BTreeMap::new());
        for (currency, owed) in self.owed(observer) {
            for ((_, member), minor) in owed {
                *balances.entry((member, currency)).or_insert(0) += minor;
                *all_sums.entry(currency).or_insert(0) += minor;
            }
        }
        assert!(
            all_sums.values().all(|sum| *sum == 0),
            "the rules are wrong: {all_sums:?}"
        );
        balances.retain(|_, minor| *minor != 0);
        let balances = balances.into_iter();
        let counts = (
            expenses.as_object().unwrap().len(),
            settlements.as_object().unwrap().len(),
        );
        json!({
            "totals": totals.collect::<BTreeMap<_, _>>(),
            "balances": balances.map(|((member, currency), minor)| {
                (format!("{} {currency}", person(member)), money(minor, currency))
            }).collect::<BTreeMap<_, _>>(),
            "check": [true, counts.0, counts.1, 0, 0, 0],
            "expenses": expenses, "settlements": settlements,
        })
    }

    /// Whether a plan settles what everybody is owed, and why not.
    pub(crate) fn plan_is_wrong(&self, observer: Place, transfers: &[Transfer]) -> Option<String> {
        let mut left = self.owed(observer);
        let mut people: BTreeMap<_, BTreeSet<Place>> = BTreeMap::new();
        for (currency, owed) in &left {
            for (hidden, member) in owed.keys() {
                people
                    .entry((*currency, hidden.clone()))
                    .or_default()
                    .insert(*member);
            }
        }
        for transfer in transfers {
            if transfer.minor <= 0 || transfer.from == transfer.to {
                return Some(format!("no payment: {transfer:?}"));
            }
            let owed = left.entry(transfer.currency).or_default();
            *owed.entry((transfer.hidden.clone(), transfer.from)).or_default() += transfer.minor;
            *owed.entry((transfer.hidden.clone(), transfer.to)).or_default() -= transfer.minor;
        }
        if left.values().flatten().any(|(_, minor)| *minor != 0) {
            return Some(format!("it leaves {left:?}"));
        }
        people.iter().find_map(|((currency, hidden), people)| {
            let among = transfers
                .iter()
                .filter(|one| one.currency == *currency && one.hidden == *hidden);
            (among.count() >= people.len()).then(|| format!("too many transfers: {transfers:?}"))
        })
    }

    /// What the database must hold, in the form of [`stored`].
    pub(crate) fn stored(&self) -> Stored {
        let mut stored = Stored::default();
        for (name, expense) in &self.expenses {
            let entry = client::expense(*name);
            let terms = expense.terms();
            for sum in [
                expense.shares.iter().map(|share| share.minor).sum::<i64>(),
                terms.payers.iter().map(|(_, minor)| minor).sum(),
            ] {
                assert_eq!(sum, terms.minor, "the rules are wrong");
            }
            if !expense.voided {
                let hidden = expense
                    .hidden()
                    .map(|hidden| hidden.from.iter().copied().collect());
                for (member, minor) in expense.nets() {
                    stored.postings.push((
                        entry.clone(),
                        terms.currency.into(),
                        member,
                        minor,
                        hidden.clone(),
                    ));
                }
            }
            stored.changes += expense.versions.len();
            stored.shares.insert(entry, expense.shares.clone());
            for (member, parts) in self.absorbed(terms.currency, None) {
                stored.absorbed.insert((terms.currency.into(), member), parts);
            }
        }
        for (name, settlement) in self
            .settlements
            .iter()
            .filter(|(_, settlement)| !settlement.voided)
        {
            let hidden = settlement
                .hidden
                .as_ref()
                .map(|hidden| hidden.from.iter().copied().collect());
            for (member, minor) in [
                (settlement.from, settlement.minor),
                (settlement.to, -settlement.minor),
            ] {
                let entry = client::settlement(*name);
                stored
                    .postings
                    .push((entry, settlement.currency.into(), member, minor, hidden.clone()));
            }
        }
        stored.postings.sort();
        stored
    }
}

/// What an observer was told.
pub(crate) fn told(household: &Value) -> Value {
    if household.is_null() {
        return Value::Null;
    }
    let parts = |parts: &Value| -> Value {
        list(parts)
            .map(|part| json!([part["member"]["id"], part["amount"]["amount"]]))
            .collect()
    };
    let (mut expenses, mut settlements) = (json!({}), json!({}));
    for edge in list(&household["expenses"]["edges"]) {
        let node = &edge["node"];
        expenses[node["description"].as_str().unwrap()] = json!({
            "version": node["version"], "voided": !node["voidedAt"].is_null(), "category": node["category"],
            "amount": told_money(&node["amount"]), "hiddenFrom": ids(&node["hiddenFrom"]), "revealOn": node["revealOn"],
            "payers": parts(&node["payers"]), "shares": parts(&node["shares"]),
        });
    }
    for edge in list(&household["settlements"]["edges"]) {
        let node = &edge["node"];
        settlements[node["note"].as_str().unwrap()] = json!({
            "version": node["version"], "voided": !node["voidedAt"].is_null(),
            "from": node["from"]["id"], "to": node["to"]["id"], "amount": told_money(&node["amount"]),
            "hiddenFrom": ids(&node["hiddenFrom"]), "revealOn": node["revealOn"],
        });
    }
    let mut totals = json!({});
    for total in list(&household["totals"]) {
        totals[total["total"]["currency"].as_str().unwrap()] =
            json!([told_money(&total["total"]), total["count"]]);
    }
    for total in list(&household["ofMembers"]) {
        let (member, currency) = (
            total["member"]["id"].as_str().unwrap(),
            total["total"]["currency"].as_str().unwrap(),
        );
        totals[format!("{member} {currency}")] = json!([told_money(&total["total"]), total["count"]]);
    }
    let mut balances = json!({});
    for balance in list(&household["balances"]) {
        let (member, amount) = (balance["member"]["id"].as_str().unwrap(), &balance["amount"]);
        balances[format!("{member} {}", amount["currency"].as_str().unwrap())] = json!(told_money(amount));
    }
    let check = &household["ledgerCheck"];
    let check: Value = [
        "ok",
        "expenses",
        "settlements",
        "wrongShares",
        "wrongPayers",
        "wrongBalances",
    ]
    .iter()
    .map(|field| check[*field].clone())
    .collect();
    json!({ "totals": totals, "balances": balances, "check": check, "expenses": expenses, "settlements": settlements })
}

/// The transfers of the plans that an observer was told of.
pub(crate) fn transfers(family: &Family, world: &World, observer: Place, household: &Value) -> Vec<Transfer> {
    let owed = world.owed(observer);
    let place = |id: &Value| {
        family
            .people
            .iter()
            .position(|person| *id == json!(person.id()))
            .unwrap()
    };
    let mut transfers = Vec::new();
    for plan in household["settlementPlan"].as_array().into_iter().flatten() {
        let (currency, owed) = owed.get_key_value(plan["currency"].as_str().unwrap()).unwrap();
        for transfer in list(&plan["transfers"]) {
            let until = transfer["revealOn"].as_str().map(|day| day.parse().unwrap());
            transfers.push(Transfer {
                token: plan["planToken"].as_str().unwrap().to_owned(),
                currency,
                from: place(&transfer["from"]["id"]),
                to: place(&transfer["to"]["id"]),
                minor: transfer["amount"]["amount"]
                    .as_str()
                    .unwrap()
                    .replace('.', "")
                    .parse()
                    .unwrap(),
                hidden: until.map(|until| Hidden {
                    from: list(&transfer["hiddenFrom"])
                        .map(|one| place(&one["id"]))
                        .collect(),
                    until,
                }),
                owed: owed.clone(),
            });
        }
    }
    transfers
}

/// An entry, a currency, a member, what they are owed by it, and from whom it is or was hidden.
pub(crate) type Posting = (String, String, Place, i64, Option<Vec<Place>>);

/// What the database holds of a household, whoever may see it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Stored {
    pub(crate) shares: BTreeMap<String, Vec<Share>>,
    pub(crate) postings: Vec<Posting>,
    pub(crate) absorbed: BTreeMap<(String, Place), i64>,
    pub(crate) changes: usize,
}

/// Reads it, and the ids of entries by their names.
pub(crate) async fn stored(service: &Service, family: &Family) -> (Stored, BTreeMap<String, String>) {
    let household = bson_id(&family.id());
    let find = async |collection: &str, field: &str| -> Vec<Document> {
        let collection = service.database.collection::<Document>(collection);
        let mut found = collection.find(doc! { field: household.clone() }).await.unwrap();
        let mut documents = Vec::new();
        while found.advance().await.unwrap() {
            documents.push(found.deserialize_current().unwrap());
        }
        documents
    };
    let place = |id: &Bson| {
        let place = family
            .people
            .iter()
            .position(|person| bson_id(&person.id()) == *id);
        place.unwrap_or_else(|| panic!("nobody has the id {id}"))
    };
    let places = |ids: &Document| {
        let ids = ids.get_array("hiddenFrom").ok()?;
        Some(ids.iter().map(place).collect())
    };
    let (mut stored, mut names) = (Stored::default(), BTreeMap::new());
    for expense in find("expenses", "ledger").await {
        let name = expense.get_str("description").unwrap().to_owned();
        let shares = expense
            .get_document("sharing")
            .unwrap()
            .get_array("shares")
            .unwrap();
        let shares = shares.iter().map(|share| {
            let share = share.as_document().unwrap();
            Share {
                member: place(&share["member"]),
                minor: share.get_i64("minor").unwrap(),
                leftover: share.get_bool("leftover").unwrap(),
                before: share.get_i64("absorbedBefore").unwrap(),
                absorbed: share.get_i64("absorbed").unwrap(),
            }
        });
        stored.shares.insert(name.clone(), shares.collect());
        names.insert(name, expense["_id"].clone());
    }
    for settlement in find("settlements", "household").await {
        names.insert(
            settlement.get_str("note").unwrap().to_owned(),
            settlement["_id"].clone(),
        );
    }
    for posting in find("postings", "household").await {
        let name = names.iter().find(|(_, id)| **id == posting["entry"]);
        stored.postings.push((
            name.unwrap_or_else(|| panic!("a posting of nothing: {posting}"))
                .0
                .clone(),
            posting.get_str("currency").unwrap().to_owned(),
            place(&posting["member"]),
            posting.get_i64("minor").unwrap(),
            places(&posting),
        ));
    }
    stored.postings.sort();
    for ledger in find("ledgers", "_id").await {
        for count in ledger.get_array("absorbed").unwrap() {
            let count = count.as_document().unwrap();
            let key = (
                count.get_str("currency").unwrap().to_owned(),
                place(&count["member"]),
            );
            stored.absorbed.insert(key, count.get_i64("units").unwrap());
        }
    }
    let names_of_expenses: BTreeSet<String> =
        stored.shares.keys().map(|name| names[name].to_string()).collect();
    let changes = find("changes", "ledger").await;
    let of_expenses = |change: &&Document| {
        change
            .get("expense")
            .is_some_and(|id| names_of_expenses.contains(&id.to_string()))
    };
    stored.changes = changes.iter().filter(of_expenses).count();
    let ids = names.into_iter().map(|(name, id)| (name, text_id(&id)));
    (stored, ids.collect())
}

fn bson_id(id: &str) -> Bson {
    mongodb::bson::Uuid::parse_str(id).unwrap().into()
}

fn text_id(id: &Bson) -> String {
    let Bson::Binary(binary) = id else {
        panic!("{id} is no id");
    };
    uuid::Uuid::from_slice(&binary.bytes).unwrap().to_string()
}

/// The name of an entry that an operation is about.
pub(crate) fn about(operation: &super::rules::Operation) -> String {
    use super::rules::Operation::{Edit, Record, Settle, Void, VoidSettlement};
    let named = |name: &Name| client::settlement(*name);
    match operation {
        Record { name, .. } | Edit { name, .. } | Void { name, .. } => client::expense(*name),
        Settle { name, .. } | VoidSettlement { name, .. } => named(name),
    }
}
