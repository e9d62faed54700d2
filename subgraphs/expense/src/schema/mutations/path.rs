use crate::domain::{Field, Rule, Violation};

/// The path of a field in a mutation's `input`.
pub(super) fn of(field: &str) -> Vec<String> {
    vec!["input".into(), field.into()]
}

/// The path of what a violation is about.
pub(super) fn of_violation(violation: &Violation) -> Vec<String> {
    let field = match violation.field {
        Field::IdempotencyKey => "idempotencyKey",
        Field::Amount => "amount",
        Field::Description => "description",
        Field::Merchant => "merchant",
        Field::Category => "category",
        Field::Tags(_) => "tags",
        Field::Notes => "notes",
        Field::Date => "date",
    };
    let mut path = of(field);
    match (violation.field, &violation.rule) {
        (Field::Amount, Rule::NotPositive | Rule::Amount(_)) => path.push("amount".into()),
        (Field::Tags(Some(place)), _) => path.push(place.to_string()),
        _ => {}
    }
    path
}
