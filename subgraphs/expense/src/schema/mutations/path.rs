use crate::domain::{Field, Rule, SplitRule, Violation};

/// The path of a field in a mutation's `input`.
pub(super) fn of(field: &str) -> Vec<String> {
    vec!["input".into(), field.into()]
}

/// The path of what a violation is about.
pub(super) fn of_violation(violation: &Violation) -> Vec<String> {
    if let Some(path) = of_depth(violation) {
        return path;
    }
    let field = match violation.field {
        Field::IdempotencyKey => "idempotencyKey",
        Field::Amount => "amount",
        Field::Description => "description",
        Field::Merchant => "merchant",
        Field::Category => "category",
        Field::Tags(_) => "tags",
        Field::Notes => "notes",
        Field::Date => "date",
        Field::Visibility => "visibility",
        Field::Payers => "payers",
        Field::Note => "note",
        Field::From => "fromId",
        Field::To => "toId",
        _ => "householdId",
    };
    let mut path = of(field);
    match (violation.field, &violation.rule) {
        (Field::Amount, Rule::NotPositive | Rule::Amount(_)) => path.push("amount".into()),
        (Field::Tags(Some(place)), _) => path.push(place.to_string()),
        _ => {}
    }
    path
}

/// The path of what is deep inside of how an expense is shared, or what it was worth.
fn of_depth(violation: &Violation) -> Option<Vec<String>> {
    let steps: [&str; 3];
    let place = match violation.field {
        Field::PayerMember(place) => {
            steps = ["payers", "#", "memberId"];
            Some(place)
        }
        Field::PayerAmount(place) => {
            steps = ["payers", "#", "amount"];
            Some(place)
        }
        Field::Split(rule) => {
            steps = ["split", of_rule(rule), ""];
            None
        }
        Field::SplitMember(rule, place) | Field::SplitNumber(rule, place) => {
            let mut path = vec![
                "input".into(),
                "split".into(),
                of_rule(rule).into(),
                place.to_string(),
            ];
            let field = match (violation.field, rule) {
                (_, SplitRule::Equal) => "",
                (Field::SplitMember(..), _) => "memberId",
                (_, SplitRule::Exact) => "amount",
                (_, SplitRule::Percent) => "percent",
                (_, SplitRule::Shares) => "shares",
            };
            if !field.is_empty() {
                path.push(field.into());
            }
            return Some(path);
        }
        Field::HiddenFrom(place) => {
            steps = ["surprise", "hiddenFrom", if place.is_some() { "#" } else { "" }];
            place
        }
        Field::RevealOn => {
            steps = ["surprise", "revealOn", ""];
            None
        }
        Field::Exchange => {
            steps = ["exchange", "", ""];
            None
        }
        Field::ExchangeRate => {
            steps = ["exchange", "basis", "rate"];
            None
        }
        Field::ExchangeCharged => {
            steps = ["exchange", "basis", "charged"];
            None
        }
        Field::ExchangeCurrency => {
            steps = ["exchange", "currency", ""];
            None
        }
        Field::ExchangeSource => {
            steps = ["exchange", "source", ""];
            None
        }
        _ => return None,
    };
    let step = |step: &str| match (step, place) {
        ("#", Some(place)) => place.to_string(),
        _ => step.to_owned(),
    };
    let steps = steps.into_iter().filter(|step| !step.is_empty()).map(step);
    Some(std::iter::once("input".to_owned()).chain(steps).collect())
}

const fn of_rule(rule: SplitRule) -> &'static str {
    match rule {
        SplitRule::Equal => "equal",
        SplitRule::Exact => "exact",
        SplitRule::Percent => "percent",
        SplitRule::Shares => "shares",
    }
}
