use constellation_shared::household::MOST_MEMBERS;

use super::split::{HUNDRED_PERCENT, MOST_SHARES, PERCENT_DECIMALS};
use super::{Circle, Part, Payment, RawVisibility, Sharing, Split, SplitRule, Visibility};
use crate::domain::contents;
use crate::domain::violation::{Field, Rule, Violations};
use crate::domain::{Decimal, Edit, Money};

/// How something is shared, as a caller wrote it. What is kept or cleared in a new expense is what goes without saying: its
/// creator paid it, everybody bears what they paid, and every member sees it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct RawSharing {
    /// Who paid.
    pub payers: Edit<Vec<RawPayer>>,
    /// By which rule it is split.
    pub split: Edit<RawSplit>,
    /// Who may see it.
    pub visibility: Edit<RawVisibility>,
}

/// Somebody who paid.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawPayer {
    /// Who.
    pub member: String,
    /// How much; all of it when nothing is said.
    pub amount: Option<Decimal>,
}

/// A split as a caller wrote it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawSplit {
    /// What the numbers mean.
    pub rule: SplitRule,
    /// Everybody's number.
    pub parts: Vec<RawPart>,
}

/// Somebody's number in a split.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct RawPart {
    /// Who.
    pub member: String,
    /// An amount, a percentage or a number of shares.
    pub number: Decimal,
}

impl RawSharing {
    /// Whether nothing is said.
    #[must_use]
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// How an expense of this amount is shared: what the caller wrote, and for the rest what was so before.
pub(crate) fn resolve(
    raw: RawSharing,
    circle: &Circle<'_>,
    amount: Money,
    wrong: &mut Violations,
) -> Option<Sharing> {
    let payers = payers(raw.payers, circle, amount, wrong);
    let split = split(raw.split, circle, amount, wrong);
    let visibility = match (raw.visibility, circle.before) {
        (Edit::Set(visibility), _) => circle.visibility(visibility, wrong),
        (Edit::Keep, Some(before)) => Some(before.visibility.clone()),
        (Edit::Clear, Some(_)) => circle.visibility(RawVisibility::household(), wrong),
        (Edit::Keep | Edit::Clear, None) => Some(Visibility::Household),
    };
    let (payers, split, visibility) = (payers?, split?, visibility?);
    let sharing = Sharing {
        payers,
        split,
        shares: Vec::new(),
        visibility,
    };
    sharing.check_visibility(circle, wrong).then_some(sharing)
}

fn payers(
    raw: Edit<Vec<RawPayer>>,
    circle: &Circle<'_>,
    amount: Money,
    wrong: &mut Violations,
) -> Option<Vec<Payment>> {
    let all_by = |member| {
        let minor = amount.minor();
        vec![Payment { member, minor }]
    };
    let raw = match (raw, circle.before) {
        (Edit::Set(raw), _) => raw,
        (Edit::Keep, Some(before)) => {
            return match before.payers.as_slice() {
                [payer] => Some(all_by(payer.member)),
                payers => sums_to(payers, amount, wrong).then(|| payers.to_vec()),
            };
        }
        (Edit::Keep | Edit::Clear, _) => return Some(all_by(circle.creator)),
    };
    if raw.is_empty() || raw.len() > MOST_MEMBERS {
        wrong.add(Field::Payers, count_rule(raw.len()));
        return None;
    }
    let alone = raw.len() == 1;
    let people = circle.people(
        raw.iter().map(|payer| payer.member.clone()),
        Field::PayerMember,
        wrong,
    );
    let minors: Option<Vec<i64>> = raw
        .iter()
        .enumerate()
        .map(|(place, payer)| match payer.amount {
            None if alone => Some(amount.minor()),
            None => {
                wrong.add(Field::PayerAmount(place), Rule::Required);
                None
            }
            Some(number) => positive(number, amount, Field::PayerAmount(place), wrong),
        })
        .collect();
    let mut payers: Vec<Payment> = people?
        .into_iter()
        .zip(minors?)
        .map(|(member, minor)| Payment { member, minor })
        .collect();
    payers.sort_by_key(|payer| payer.member);
    sums_to(&payers, amount, wrong).then_some(payers)
}

fn sums_to(payers: &[Payment], amount: Money, wrong: &mut Violations) -> bool {
    let sum: i128 = payers.iter().map(|payer| i128::from(payer.minor)).sum();
    let right = sum == i128::from(amount.minor());
    if !right {
        wrong.add(Field::Payers, Rule::PayersSum { sum, amount });
    }
    right
}

/// The split, or none when everybody bears what they paid.
#[expect(clippy::option_option, reason = "the outer one is whether it is right at all")]
fn split(
    raw: Edit<RawSplit>,
    circle: &Circle<'_>,
    amount: Money,
    wrong: &mut Violations,
) -> Option<Option<Split>> {
    let split = match (raw, circle.before) {
        (Edit::Set(raw), _) => parse_split(raw, circle, amount, wrong)?,
        (Edit::Keep, Some(before)) => match &before.split {
            Some(split) => split.clone(),
            None => return Some(None),
        },
        (Edit::Keep | Edit::Clear, _) => return Some(None),
    };
    let sum: i128 = split.parts.iter().map(|part| i128::from(part.weight)).sum();
    let rule = match split.rule {
        SplitRule::Exact if sum != i128::from(amount.minor()) => Rule::SplitSum { sum, amount },
        SplitRule::Percent if sum != i128::from(HUNDRED_PERCENT) => {
            Rule::PercentSum(Decimal::new(sum, PERCENT_DECIMALS))
        }
        _ => return Some(Some(split)),
    };
    wrong.add(Field::Split(split.rule), rule);
    None
}

fn parse_split(raw: RawSplit, circle: &Circle<'_>, amount: Money, wrong: &mut Violations) -> Option<Split> {
    let rule = raw.rule;
    if raw.parts.is_empty() || raw.parts.len() > MOST_MEMBERS {
        wrong.add(Field::Split(rule), count_rule(raw.parts.len()));
        return None;
    }
    let weights: Option<Vec<i64>> = raw
        .parts
        .iter()
        .enumerate()
        .map(|(place, part)| weight(rule, part.number, amount, Field::SplitNumber(rule, place), wrong))
        .collect();
    let people = circle.people(
        raw.parts.into_iter().map(|part| part.member),
        |place| Field::SplitMember(rule, place),
        wrong,
    );
    let mut parts: Vec<Part> = people?
        .into_iter()
        .zip(weights?)
        .map(|(member, weight)| Part { member, weight })
        .collect();
    parts.sort_by_key(|part| part.member);
    Some(Split { rule, parts })
}

const fn count_rule(count: usize) -> Rule {
    if count == 0 {
        Rule::Required
    } else {
        Rule::TooMany { most: MOST_MEMBERS }
    }
}

fn weight(
    rule: SplitRule,
    number: Decimal,
    amount: Money,
    field: Field,
    wrong: &mut Violations,
) -> Option<i64> {
    let right = match rule {
        SplitRule::Equal => return Some(1),
        SplitRule::Exact => {
            let part = contents::amount(number, amount.currency()).map_err(|rule| match rule {
                Rule::NotPositive => Rule::PartNotPositive,
                other => other,
            });
            return wrong.check(field, part).map(Money::minor);
        }
        SplitRule::Percent => number.scaled(PERCENT_DECIMALS).ok_or(Rule::PercentTooPrecise),
        SplitRule::Shares => match number.scaled(0) {
            Some(shares) if shares <= i128::from(MOST_SHARES) => Ok(shares),
            _ => Err(Rule::TooManyShares { most: MOST_SHARES }),
        },
    };
    let right = right.and_then(|weight| match i64::try_from(weight) {
        Ok(weight) if weight > 0 => Ok(weight),
        Ok(_) => Err(Rule::PartNotPositive),
        Err(_) if weight < 0 => Err(Rule::PartNotPositive),
        Err(_) => Err(Rule::PercentSum(number)),
    });
    wrong.check(field, right)
}

fn positive(number: Decimal, amount: Money, field: Field, wrong: &mut Violations) -> Option<i64> {
    let money = contents::amount(number, amount.currency());
    wrong.check(field, money).map(Money::minor)
}

impl Sharing {
    fn check_visibility(&self, circle: &Circle<'_>, wrong: &mut Violations) -> bool {
        let rule = match &self.visibility {
            Visibility::Household => return true,
            Visibility::Private if self.people().all(|person| person == circle.creator) => return true,
            Visibility::Private => Rule::PrivateShared,
            // It is hidden from nobody any more.
            Visibility::Surprise(surprise) if surprise.reveal_at <= circle.now => return true,
            Visibility::Surprise(surprise) => {
                let hides = |person| surprise.hidden_from.contains(&person);
                if hides(circle.creator) {
                    Rule::HiddenFromCreator
                } else if self.payers.iter().any(|payer| hides(payer.member)) {
                    Rule::HiddenFromPayer
                } else {
                    return true;
                }
            }
        };
        wrong.add(Field::Visibility, rule);
        false
    }
}
