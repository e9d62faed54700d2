use async_graphql::{Enum, SimpleObject};

use super::money::Money;
use super::scalars::Decimal;
use super::user::User;
use crate::domain::{self, Currency, Expense, Part, Share, Sharing, Split, UNITS};

/// What somebody paid of an expense.
#[derive(SimpleObject)]
pub(super) struct ExpensePayer {
    /// Who.
    member: User,
    /// How much; what all payers paid is the expense's amount.
    amount: Money,
}

/// What somebody bears of an expense.
#[derive(SimpleObject)]
pub(super) struct ExpenseShare {
    /// Who.
    member: User,
    /// How much; all shares together are the expense's amount.
    amount: Money,
}

/// Somebody's number in the rule by which an expense is split.
#[derive(SimpleObject)]
pub(super) struct ExpenseSplitPart {
    /// Who.
    member: User,
    /// Their number: shares, a percentage, or an amount in the expense's currency. Of `EQUAL` it is 1.
    part: Decimal,
}

/// Why the shares of an expense are what they are.
#[derive(SimpleObject)]
pub(super) struct SplitExplanation {
    /// The rule.
    rule: ExpenseSplitRule,
    /// How many of the currency's smallest units were left over when everybody had the whole units of their exact part.
    leftover_units: i32,
    /// Why each share is what it is, in the order of `Expense.shares`.
    shares: Vec<ShareExplanation>,
    /// The same in a sentence or two, in English.
    text: String,
}

/// Why one share is what it is.
#[derive(SimpleObject)]
pub(super) struct ShareExplanation {
    /// Whose share.
    member: User,
    /// The number that the rule has for them: shares, a percentage, or an amount in the expense's currency.
    part: Decimal,
    /// The whole units of the exact part.
    whole: Money,
    /// What the exact part is beside them, as a fraction of the smallest unit: `2/3`. Null when it is nothing.
    fraction: Option<String>,
    /// Whether a leftover unit is in the share.
    got_leftover: bool,
    /// How much more than their exact parts they had borne in this household before, in smallest units of the currency:
    /// `"0.333333"`, cut off after six decimals. Less than zero when they had borne less. What somebody can't see is not in it.
    absorbed_before: Decimal,
    /// What they bear.
    amount: Money,
}

/// By which rule an expense is split.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::SplitRule")]
pub enum ExpenseSplitRule {
    /// Everybody bears the same.
    Equal,
    /// Everybody bears the amount that was named for them.
    Exact,
    /// Everybody bears the percentage that was named for them.
    Percent,
    /// Everybody bears a part in proportion to their number of shares.
    Shares,
}

/// Who may see an expense or a settlement.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "domain::VisibilityKind")]
pub enum Visibility {
    /// Every member of the household.
    Household,
    /// Only whoever recorded it. It moves nobody's balance.
    Private,
    /// Every member of the household but some, and from a day on every member. Until then it does not exist for those:
    /// not in lists, totals, balances or plans.
    Surprise,
}

fn money(minor: i64, currency: Currency) -> Money {
    domain::Money::from_minor(minor, currency).into()
}

/// Who paid how much of it.
pub(super) fn payers(expense: &Expense) -> Vec<ExpensePayer> {
    let amount = expense.contents.amount;
    let Some(sharing) = &expense.contents.sharing else {
        let member = User(expense.owner);
        let amount = amount.into();
        return vec![ExpensePayer { member, amount }];
    };
    payers_of(sharing, amount.currency())
}

/// Who paid how much.
pub(super) fn payers_of(sharing: &Sharing, currency: Currency) -> Vec<ExpensePayer> {
    let payers = sharing.payers.iter();
    payers
        .map(|payment| ExpensePayer {
            member: User(payment.member),
            amount: money(payment.minor, currency),
        })
        .collect()
}

/// Who bears how much of it.
pub(super) fn shares(expense: &Expense) -> Vec<ExpenseShare> {
    let amount = expense.contents.amount;
    let Some(sharing) = &expense.contents.sharing else {
        let member = User(expense.owner);
        let amount = amount.into();
        return vec![ExpenseShare { member, amount }];
    };
    shares_of(sharing, amount.currency())
}

/// Who bears how much.
pub(super) fn shares_of(sharing: &Sharing, currency: Currency) -> Vec<ExpenseShare> {
    let shares = sharing.shares.iter();
    shares
        .map(|share| ExpenseShare {
            member: User(share.member),
            amount: money(share.minor, currency),
        })
        .collect()
}

/// Everybody's number in the rule.
pub(super) fn parts_of(sharing: &Sharing, currency: Currency) -> Vec<ExpenseSplitPart> {
    let split = sharing.split.iter();
    split
        .flat_map(|split| split.parts.iter().map(move |part| (split, part)))
        .map(|(split, part)| ExpenseSplitPart {
            member: User(part.member),
            part: Decimal(split.number(part, currency)),
        })
        .collect()
}

impl SplitExplanation {
    /// Why the shares of this expense are what they are; none when it is not split.
    pub(super) fn of(expense: &Expense) -> Option<Self> {
        let amount = expense.contents.amount;
        let sharing = expense.contents.sharing.as_ref()?;
        let split = sharing.split.as_ref()?;
        let leftover = sharing.shares.iter().filter(|share| share.leftover).count();
        let pairs = split.parts.iter().zip(&sharing.shares);
        Some(Self {
            rule: split.rule.into(),
            leftover_units: i32::try_from(leftover).unwrap_or(i32::MAX),
            shares: pairs
                .map(|(part, share)| ShareExplanation::new(split, part, share, amount))
                .collect(),
            text: split.text(amount, leftover),
        })
    }
}

impl ShareExplanation {
    fn new(split: &Split, part: &Part, share: &Share, amount: domain::Money) -> Self {
        let exact = split.exact(amount, part);
        let currency = amount.currency();
        let micros = (i128::from(share.absorbed_before) * 1_000_000) / i128::from(UNITS);
        Self {
            member: User(share.member),
            part: Decimal(split.number(part, currency)),
            whole: money(exact.whole, currency),
            fraction: exact.fraction(),
            got_leftover: share.leftover,
            absorbed_before: Decimal(domain::Decimal::new(micros, 6)),
            amount: money(share.minor, currency),
        }
    }
}
