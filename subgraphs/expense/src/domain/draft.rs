use super::access::may_record;
use super::category::Category;
use super::contents::{self, Contents};
use super::date::Date;
use super::exchange::{self, Paid, RawExchange};
use super::fingerprint::IdempotencyKey;
use super::money::{Currency, Decimal};
use super::patch::Edit;
use super::sharing::{Circle, RawSharing, resolve};
use super::violation::{Field, Rule, Violation, Violations};
use chrono::{DateTime, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::household::{HouseholdId, Membership};

/// A new expense as a caller wrote it.
#[derive(Debug, Clone)]
pub(crate) struct RawDraft {
    /// Any text that the caller never uses for another expense.
    pub idempotency_key: String,
    /// The number and the currency.
    pub amount: (Decimal, Currency),
    /// What it was.
    pub description: String,
    /// Where.
    pub merchant: Option<String>,
    /// What for.
    pub category: Option<String>,
    /// Labels.
    pub tags: Vec<String>,
    /// Anything else.
    pub notes: Option<String>,
    /// The day.
    pub date: Date,
    /// The household that shares it.
    pub household: Option<String>,
    /// How.
    pub sharing: RawSharing,
    /// What it was worth in another currency.
    pub exchange: Option<RawExchange>,
}

/// A new expense that obeys every rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Draft {
    /// The key under which this creation happens at most once.
    pub key: IdempotencyKey,
    /// The household that shares it; none when it is its owner's own.
    pub household: Option<HouseholdId>,
    /// What the expense says.
    pub contents: Contents,
}

impl Draft {
    /// Checks every rule.
    ///
    /// # Errors
    /// Everything that is wrong, not only the first.
    pub(crate) fn parse(raw: RawDraft, viewer: &Viewer, now: DateTime<Utc>) -> Result<Self, Vec<Violation>> {
        let mut wrong = Violations::default();
        // Whoever may not record there learns no more than that.
        let household = match &raw.household {
            Some(id) => Some(household(id, viewer).map_err(|rule| {
                vec![Violation {
                    field: Field::Household,
                    rule,
                }]
            })?),
            None => None,
        };
        let key = wrong.check(Field::IdempotencyKey, IdempotencyKey::parse(raw.idempotency_key));
        let amount = wrong.check(Field::Amount, contents::amount(raw.amount.0, raw.amount.1));
        let description = wrong.require(Field::Description, contents::description(&raw.description));
        let merchant = wrong.check(Field::Merchant, optional(raw.merchant, contents::merchant));
        let category = wrong.check(Field::Category, optional(raw.category, Category::parse));
        let tags = contents::tag_list(&mut wrong, &raw.tags);
        let notes = wrong.check(Field::Notes, optional(raw.notes, contents::notes));
        let sharing = match household {
            Some(household) => {
                let circle = Circle {
                    household,
                    writer: viewer.user,
                    creator: viewer.user,
                    before: None,
                    now,
                };
                // Parts of no amount are neither right nor wrong.
                amount
                    .and_then(|amount| resolve(raw.sharing, &circle, amount, &mut wrong))
                    .map(Some)
            }
            None if raw.sharing.is_empty() => Some(None),
            None => {
                wrong.add(Field::Household, Rule::NeedsHousehold);
                None
            }
        };
        let exchange = amount.zip(raw.exchange).and_then(|(amount, exchange)| {
            let paid = Paid {
                amount,
                date: raw.date,
                household: household.map(|household| household.currency.as_str()),
            };
            exchange::resolve(Edit::Set(exchange), None, paid, &mut wrong)
        });
        let draft = || {
            Some(Self {
                key: key?,
                household: household.map(|household| household.id),
                contents: Contents {
                    amount: amount?,
                    description: description?,
                    merchant: merchant?,
                    category: category?,
                    tags: tags?,
                    notes: notes?,
                    date: raw.date,
                    sharing: sharing?,
                    exchange,
                },
            })
        };
        wrong.finish(draft())
    }
}

/// The household of this id, in which the viewer may record something.
fn household<'a>(id: &str, viewer: &'a Viewer) -> Result<&'a Membership, Rule> {
    let found = id.parse().ok().and_then(|id| viewer.membership(id));
    let (household, role) = found.ok_or(Rule::NoSuchHousehold)?;
    if may_record(role) {
        Ok(household)
    } else {
        Err(Rule::RoleTooLow)
    }
}

fn optional<T>(
    text: Option<String>,
    parse: impl FnOnce(&str) -> Result<Option<T>, Rule>,
) -> Result<Option<T>, Rule> {
    text.map_or(Ok(None), |text| parse(&text))
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::domain) fn raw() -> RawDraft {
        RawDraft {
            idempotency_key: "a-key".into(),
            amount: ("12.50".parse().unwrap(), Currency::from_code("EUR").unwrap()),
            description: " Bread ".into(),
            merchant: Some("Bakery".into()),
            category: Some("Groceries".into()),
            tags: vec!["b".into(), "A".into()],
            notes: Some(String::new()),
            date: "2026-11-23".parse().unwrap(),
            household: None,
            sharing: RawSharing::default(),
            exchange: None,
        }
    }

    pub(in crate::domain) fn parse(raw: RawDraft) -> Result<Draft, Vec<Violation>> {
        let id = uuid::Uuid::from_u128(1);
        let viewer = Viewer {
            user: constellation_shared::id::UserId::from_uuid(id),
            session: constellation_shared::id::SessionId::from_uuid(id),
            households: [].into(),
        };
        Draft::parse(raw, &viewer, DateTime::UNIX_EPOCH)
    }

    #[test]
    fn everything_that_is_wrong_is_told_at_once() {
        let wrong = parse(RawDraft {
            idempotency_key: "has space".into(),
            amount: ("-1".parse().unwrap(), Currency::from_code("EUR").unwrap()),
            description: " \u{a0}".into(),
            merchant: Some("x".repeat(101)),
            category: Some("a\nb".into()),
            tags: vec!["\0".into()],
            notes: Some("x".repeat(2001)),
            ..raw()
        });
        let fields: Vec<Field> = wrong.unwrap_err().into_iter().map(|wrong| wrong.field).collect();
        assert_eq!(
            fields,
            [
                Field::IdempotencyKey,
                Field::Amount,
                Field::Description,
                Field::Merchant,
                Field::Category,
                Field::Tags(Some(0)),
                Field::Notes
            ]
        );
    }

    #[test]
    fn an_amount_must_be_more_than_zero() {
        for amount in ["0", "0.00", "-0.01"] {
            let wrong = parse(RawDraft {
                amount: (amount.parse().unwrap(), Currency::from_code("EUR").unwrap()),
                ..raw()
            });
            assert_eq!(wrong.unwrap_err()[0].rule, Rule::NotPositive);
        }
    }
}
