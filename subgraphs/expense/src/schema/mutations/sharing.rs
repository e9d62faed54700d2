//! How an input says that an expense is shared.

use async_graphql::{ID, InputObject, MaybeUndefined, OneofObject};

use crate::domain::{
    Edit, RawPart, RawPayer, RawSharing, RawSplit, RawVisibility, SplitRule, VisibilityKind,
};
use crate::schema::scalars::{Date, Decimal};
use crate::schema::sharing::Visibility;

/// Somebody who paid.
#[derive(InputObject)]
pub(crate) struct ExpensePayerInput {
    /// A member of the household.
    member_id: ID,
    /// What they paid, in the expense's currency; more than zero. It may be left out when there is one payer, who paid all
    /// of it then.
    amount: Option<Decimal>,
}

/// How an expense is split. The units that can't be split go to those who have absorbed the least so far.
#[derive(OneofObject)]
pub(crate) enum ExpenseSplitInput {
    /// Everybody named bears the same: the ids of members.
    Equal(Vec<ID>),
    /// Everybody bears the amount that is named; in all it is the expense's amount.
    Exact(Vec<ExactPartInput>),
    /// Everybody bears a percentage; in all they are exactly 100.
    Percent(Vec<PercentPartInput>),
    /// Everybody bears a part in proportion to a number of shares.
    Shares(Vec<SharesPartInput>),
}

/// The amount that somebody bears.
#[derive(InputObject)]
pub(crate) struct ExactPartInput {
    /// A member of the household.
    member_id: ID,
    /// How much, in the expense's currency; more than zero.
    amount: Decimal,
}

/// The percentage that somebody bears.
#[derive(InputObject)]
pub(crate) struct PercentPartInput {
    /// A member of the household.
    member_id: ID,
    /// How many percent: `"33.5"`. More than zero, with six decimals at most.
    percent: Decimal,
}

/// The shares that somebody bears.
#[derive(InputObject)]
pub(crate) struct SharesPartInput {
    /// A member of the household.
    member_id: ID,
    /// How many: 1 to 1000000.
    shares: i32,
}

/// From whom something is hidden, and until when.
#[derive(InputObject)]
pub(crate) struct SurpriseInput {
    /// Members of the household. Not whoever records it, and nobody who paid it.
    pub(super) hidden_from: Vec<ID>,
    /// The day on which they see it: from its beginning, where the household is. Later than today, and a year away at
    /// most.
    pub(super) reveal_on: Date,
}

/// The three parts of an input that say how an expense is shared.
pub(super) struct SharingInput {
    pub(super) payers: MaybeUndefined<Vec<ExpensePayerInput>>,
    pub(super) split: MaybeUndefined<ExpenseSplitInput>,
    pub(super) visibility: MaybeUndefined<Visibility>,
    pub(super) surprise: Option<SurpriseInput>,
}

impl From<SharingInput> for RawSharing {
    fn from(input: SharingInput) -> Self {
        let surprise = input.surprise.map(SurpriseInput::into_raw);
        let visibility = match (input.visibility, surprise) {
            (MaybeUndefined::Undefined, None) => Edit::Keep,
            (MaybeUndefined::Null, None) => Edit::Clear,
            (MaybeUndefined::Value(kind), surprise) => Edit::Set(RawVisibility {
                kind: kind.into(),
                surprise,
            }),
            // What is given for a surprise without saying that it is one is refused with the reason.
            (MaybeUndefined::Undefined | MaybeUndefined::Null, surprise) => Edit::Set(RawVisibility {
                kind: VisibilityKind::Household,
                surprise,
            }),
        };
        Self {
            payers: edit(input.payers, |payers| {
                payers.into_iter().map(ExpensePayerInput::into_raw).collect()
            }),
            split: edit(input.split, ExpenseSplitInput::into_raw),
            visibility,
        }
    }
}

/// A field that means the same when it is null and when it is left out.
pub(super) fn given<T>(field: Option<T>) -> MaybeUndefined<T> {
    field.map_or(MaybeUndefined::Undefined, MaybeUndefined::Value)
}

/// What an input does to a field.
pub(super) fn edit<T, U>(field: MaybeUndefined<T>, value: impl FnOnce(T) -> U) -> Edit<U> {
    match field {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Clear,
        MaybeUndefined::Value(new) => Edit::Set(value(new)),
    }
}

impl SurpriseInput {
    pub(super) fn into_raw(self) -> (Vec<String>, crate::domain::Date) {
        let hidden_from = self.hidden_from.into_iter().map(|id| id.0).collect();
        (hidden_from, self.reveal_on.0)
    }
}

impl ExpensePayerInput {
    fn into_raw(self) -> RawPayer {
        RawPayer {
            member: self.member_id.0,
            amount: self.amount.map(|amount| amount.0),
        }
    }
}

impl ExpenseSplitInput {
    fn into_raw(self) -> RawSplit {
        let part = |member: ID, number| RawPart {
            member: member.0,
            number,
        };
        let (rule, parts) = match self {
            Self::Equal(members) => {
                let one = crate::domain::Decimal::new(1, 0);
                let parts = members.into_iter().map(|member| part(member, one)).collect();
                (SplitRule::Equal, parts)
            }
            Self::Exact(parts) => {
                let parts = parts.into_iter().map(|each| part(each.member_id, each.amount.0));
                (SplitRule::Exact, parts.collect())
            }
            Self::Percent(parts) => {
                let parts = parts.into_iter().map(|each| part(each.member_id, each.percent.0));
                (SplitRule::Percent, parts.collect())
            }
            Self::Shares(parts) => {
                let number = |shares| crate::domain::Decimal::new(i128::from(shares), 0);
                let parts = parts
                    .into_iter()
                    .map(|each| part(each.member_id, number(each.shares)));
                (SplitRule::Shares, parts.collect())
            }
        };
        RawSplit { rule, parts }
    }
}
