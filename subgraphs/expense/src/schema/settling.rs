use async_graphql::connection::PageInfo;
use async_graphql::{ID, SimpleObject};
use constellation_shared::graphql::{DateTime, page_info};

use super::change::ExpenseChangeKind;
use super::cursor;
use super::household::Household;
use super::money::Money;
use super::scalars::{CurrencyCode, Date};
use super::sharing::Visibility;
use super::user::User;
use crate::domain::{self, Balance, LedgerCheck as Check, Page, Plan, Surprise, Transfer};

/// What somebody is owed in one currency.
#[derive(SimpleObject)]
pub(super) struct MemberBalance {
    /// Who. They may have left the household.
    member: User,
    /// How much they are owed; less than zero when they owe it.
    amount: Money,
}

/// How a household settles up in one currency: with few transfers, at most one fewer than there are people.
#[derive(SimpleObject)]
pub(super) struct SettlementPlan {
    /// The currency.
    currency: CurrencyCode,
    /// Stands for the balances that the plan was made from. Give it to `recordSettlement`, which then records nothing if
    /// they have changed.
    plan_token: String,
    /// Who pays whom. When all of it is paid, nobody owes anybody anything.
    transfers: Vec<SuggestedTransfer>,
}

/// One payment of a plan.
#[derive(SimpleObject)]
pub(super) struct SuggestedTransfer {
    /// Who pays.
    from: User,
    /// Who is paid.
    to: User,
    /// How much.
    amount: Money,
    /// From whom it is to be hidden, because it is for a surprise; empty for everything else. Record it with the same
    /// `surprise`.
    hidden_from: Vec<User>,
    /// Until when it is to be hidden.
    reveal_on: Option<Date>,
}

/// Money that one member of a household gave another to settle up. It is never deleted: it can be voided, and restored again.
#[derive(SimpleObject)]
pub(super) struct Settlement {
    /// Its id. Ids of settlements that are recorded later sort later.
    id: ID,
    /// Whose ledger it is in.
    household: Household,
    /// Who recorded it.
    recorded_by: User,
    /// Who paid.
    from: User,
    /// Who was paid.
    to: User,
    /// How much; more than zero.
    amount: Money,
    /// On which day.
    date: Date,
    /// Anything else.
    note: Option<String>,
    /// Who may see it: the household, or it is a surprise.
    visibility: Visibility,
    /// From whom a surprise is hidden until `revealOn`; empty for everything else.
    hidden_from: Vec<User>,
    /// The day on which those see a surprise from whom it is hidden; null for everything else.
    reveal_on: Option<Date>,
    /// Counts the changes, from 1.
    version: i32,
    /// When it was voided; null while it is not.
    voided_at: Option<DateTime>,
    /// Everything that happened to it, the newest first: 100 changes at most.
    #[graphql(complexity = "20 * child_complexity")]
    history: Vec<SettlementChange>,
}

/// One step in the life of a settlement.
#[derive(SimpleObject)]
pub(super) struct SettlementChange {
    /// The version that this change made.
    version: i32,
    /// What happened. Settlements are never edited: void one that is wrong, and record it anew.
    kind: ExpenseChangeKind,
    /// When.
    at: DateTime,
    /// Who did it.
    by: User,
}

/// A part of a household's settlements.
#[derive(SimpleObject)]
pub(super) struct SettlementConnection {
    /// The settlements of this part, the one that was recorded last first.
    edges: Vec<SettlementEdge>,
    /// Where this part lies in the list.
    page_info: PageInfo,
}

/// A settlement in a list.
#[derive(SimpleObject)]
pub(super) struct SettlementEdge {
    /// The settlement.
    node: Settlement,
    /// Its place in the list, for `after` and `before`.
    cursor: String,
}

/// What came of working out a ledger anew from everything in it that you may see.
#[derive(SimpleObject)]
pub(super) struct LedgerCheck {
    /// Whether everything is as it must be.
    ok: bool,
    /// How many expenses were looked at, voided ones too.
    expenses: i32,
    /// How many settlements were looked at, voided ones too.
    settlements: i32,
    /// Of how many expenses the shares are not the amount in all: 0.
    wrong_shares: i32,
    /// Of how many expenses the payers did not pay the amount in all: 0.
    wrong_payers: i32,
    /// How many balances are not what the entries come to: 0.
    wrong_balances: i32,
    /// What all balances of each currency are together: zero.
    sums: Vec<Money>,
}

impl From<Balance> for MemberBalance {
    fn from(balance: Balance) -> Self {
        Self {
            member: User(balance.member),
            amount: Money::of(balance.amount(), balance.currency),
        }
    }
}

fn hidden_from(surprise: Option<&Surprise>) -> Vec<User> {
    surprise.map_or_else(Vec::new, |surprise| {
        surprise.hidden_from.iter().copied().map(User).collect()
    })
}

impl From<Plan> for SettlementPlan {
    fn from(plan: Plan) -> Self {
        let currency = plan.currency;
        let transfer = |transfer: Transfer| SuggestedTransfer {
            from: User(transfer.from),
            to: User(transfer.to),
            amount: Money::of(
                domain::Decimal::new(transfer.minor, currency.exponent()),
                currency,
            ),
            hidden_from: hidden_from(transfer.surprise.as_ref()),
            reveal_on: transfer.surprise.map(|surprise| Date(surprise.reveal_on)),
        };
        Self {
            currency: CurrencyCode(currency),
            plan_token: plan.token,
            transfers: plan.transfers.into_iter().map(transfer).collect(),
        }
    }
}

impl From<domain::Settlement> for Settlement {
    fn from(settlement: domain::Settlement) -> Self {
        let version = settlement.version();
        let payment = settlement.payment;
        let surprise = payment.surprise.as_ref();
        let history = (1..)
            .zip(settlement.history)
            .map(|(version, change)| SettlementChange {
                version,
                kind: change.kind.into(),
                at: change.at.into(),
                by: User(change.by),
            });
        let mut history: Vec<SettlementChange> = history.collect();
        history.reverse();
        Self {
            id: ID(settlement.id.to_string()),
            household: Household(settlement.household),
            recorded_by: User(settlement.creator),
            from: User(payment.from),
            to: User(payment.to),
            amount: payment.amount.into(),
            date: Date(payment.date),
            visibility: if surprise.is_some() {
                Visibility::Surprise
            } else {
                Visibility::Household
            },
            hidden_from: hidden_from(surprise),
            reveal_on: surprise.map(|surprise| Date(surprise.reveal_on)),
            note: payment.note,
            version,
            voided_at: settlement.voided_at.map(Into::into),
            history,
        }
    }
}

impl From<Page<domain::Settlement>> for SettlementConnection {
    fn from(page: Page<domain::Settlement>) -> Self {
        let cursor = |settlement: &domain::Settlement| cursor::of_settlement(settlement.id);
        Self {
            page_info: page_info(&page, cursor),
            edges: page
                .items
                .into_iter()
                .map(|settlement| SettlementEdge {
                    cursor: cursor(&settlement),
                    node: settlement.into(),
                })
                .collect(),
        }
    }
}

impl From<Check> for LedgerCheck {
    fn from(check: Check) -> Self {
        let count = |count: i64| i32::try_from(count).unwrap_or(i32::MAX);
        Self {
            ok: check.is_right(),
            expenses: count(check.expenses),
            settlements: count(check.settlements),
            wrong_shares: count(check.wrong_shares),
            wrong_payers: count(check.wrong_payers),
            wrong_balances: count(check.wrong_balances),
            sums: check
                .sums
                .into_iter()
                .map(|sum| Money::of(Check::sum(sum), sum.0))
                .collect(),
        }
    }
}
