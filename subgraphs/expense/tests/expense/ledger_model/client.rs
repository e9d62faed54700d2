//! What an operation is on the wire, and what is answered.

use serde_json::{Value, json};

use super::rules::{Answer, Change, Hidden, Name, Operation, Part, Sight, Split, Terms, WHOLE};
use crate::family::Family;
use crate::model::amount;
use crate::support::{Service, with};

/// Sends an operation to a replica. `id` is of what it is about, if there is such a thing.
pub(crate) async fn send(
    family: &Family,
    service: &Service,
    operation: &Operation,
    id: Option<&str>,
) -> Answer {
    let (by, mutation, kind, input) = match operation {
        Operation::Record { by, name, terms } => {
            let base = json!({
                "idempotencyKey": format!("expense-{name}"), "householdId": family.id(), "description": expense(*name),
                "date": "2026-11-23",
            });
            let input = with(with(base, money(family, terms)), sight(family, &terms.sight));
            (*by, "createExpense", "CreateExpense", input)
        }
        Operation::Edit {
            by, expected, change, ..
        } => {
            let input = json!({ "id": id, "expectedVersion": expected });
            (
                *by,
                "updateExpense",
                "UpdateExpense",
                with(input, edit(family, change)),
            )
        }
        Operation::Void {
            by, expected, voided, ..
        } => {
            let input = json!({ "id": id, "expectedVersion": expected });
            match voided {
                true => (*by, "voidExpense", "VoidExpense", input),
                false => (*by, "restoreExpense", "RestoreExpense", input),
            }
        }
        Operation::Settle { name, payment, plan } => {
            let mut input = json!({
                "idempotencyKey": format!("settlement-{name}"), "householdId": family.id(), "note": settlement(*name),
                "date": "2026-11-23", "fromId": family.people[payment.from].id(), "toId": family.people[payment.to].id(),
                "amount": { "amount": amount(payment.minor, payment.currency), "currency": payment.currency },
            });
            if let Some((token, _)) = plan {
                input["planToken"] = json!(token);
            }
            if let Some(hidden) = &payment.hidden {
                input["surprise"] = surprise(family, hidden);
            }
            (payment.creator, "recordSettlement", "RecordSettlement", input)
        }
        Operation::VoidSettlement {
            by, expected, voided, ..
        } => {
            let input = json!({ "id": id, "expectedVersion": expected });
            match voided {
                true => (*by, "voidSettlement", "VoidSettlement", input),
                false => (*by, "restoreSettlement", "RestoreSettlement", input),
            }
        }
    };
    let entry = if mutation.ends_with("Settlement") {
        "settlement"
    } else {
        "expense"
    };
    let query = format!(
        "mutation($input: {kind}Input!) {{ {mutation}(input: $input) {{ {entry} {{ version }} userErrors {{ code path }} }} }}"
    );
    let person = family.people[by].through(service.clone());
    let answer = person.ask(&query, json!({ "input": input })).await;
    let payload = &answer.data[mutation];
    if !answer.errors.is_empty() {
        return Answer::Refused(format!("{:?}", answer.errors));
    }
    match payload["userErrors"].as_array().unwrap().as_slice() {
        [] => Answer::Version(usize::try_from(payload[entry]["version"].as_u64().unwrap()).unwrap()),
        [error] => Answer::Refused(error["code"].as_str().unwrap().to_owned()),
        errors => Answer::Refused(format!("{errors:?}")),
    }
}

/// What an expense is called.
pub(crate) fn expense(name: Name) -> String {
    format!("expense {name}")
}

/// What a settlement is called.
pub(crate) fn settlement(name: Name) -> String {
    format!("settlement {name}")
}

fn edit(family: &Family, change: &Change) -> Value {
    match change {
        Change::Category(category) => json!({ "category": category }),
        Change::Amount(minor, currency) => {
            json!({ "amount": { "amount": amount(*minor, currency), "currency": currency } })
        }
        Change::Money(terms) => money(family, terms),
        Change::Sight(seen) => sight(family, seen),
    }
}

fn money(family: &Family, terms: &Terms) -> Value {
    let amount_of = |minor: i64| amount(minor, terms.currency);
    let payers = terms.payers.iter();
    let payers = payers.map(
        |(person, minor)| json!({ "memberId": family.people[*person].id(), "amount": amount_of(*minor) }),
    );
    json!({
        "amount": { "amount": amount_of(terms.minor), "currency": terms.currency },
        "payers": payers.collect::<Value>(),
        "split": terms.split.as_ref().map(|split| split_input(family, split, amount_of)),
    })
}

fn split_input(family: &Family, Split { rule, parts }: &Split, amount_of: impl Fn(i64) -> String) -> Value {
    let percent = |number: i64| {
        let unit = WHOLE / 100;
        format!("{}.{:06}", number / unit, number % unit)
    };
    let part = |(person, number): &Part| {
        let id = family.people[*person].id();
        match *rule {
            "equal" => json!(id),
            "exact" => json!({ "memberId": id, "amount": amount_of(*number) }),
            "percent" => json!({ "memberId": id, "percent": percent(*number) }),
            _ => json!({ "memberId": id, "shares": number }),
        }
    };
    json!({ *rule: parts.iter().map(part).collect::<Value>() })
}

fn sight(family: &Family, sight: &Sight) -> Value {
    match sight {
        Sight::Household => json!({ "visibility": "HOUSEHOLD" }),
        Sight::Private => json!({ "visibility": "PRIVATE" }),
        Sight::Surprise(hidden) => json!({ "visibility": "SURPRISE", "surprise": surprise(family, hidden) }),
    }
}

fn surprise(family: &Family, hidden: &Hidden) -> Value {
    let people: Vec<usize> = hidden.from.iter().copied().collect();
    json!({ "hiddenFrom": family.ids(&people), "revealOn": hidden.until.to_string() })
}
