use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::exchange::ExpenseExchangeInput;
use super::payload::{ChangeCode, UserError, present};
use super::sharing::{ExpensePayerInput, ExpenseSplitInput, SharingInput, SurpriseInput, edit};
use super::{change, ledger, once};
use crate::domain::{InvalidAmount, Patch, RawPatch, Refusal, Rule, Violation};
use crate::schema::conflict::ExpenseConflict;
use crate::schema::expense::Expense;
use crate::schema::money::MoneyInput;
use crate::schema::scalars::Date;
use crate::schema::sharing::Visibility;

#[derive(Default)]
pub(super) struct UpdateExpense;

#[Object]
impl UpdateExpense {
    /// Edits an expense that you may change: your own, and in a household what you recorded, or as an adult everything that
    /// you see. Fields that are left out stay as they are. An edit that changes nothing makes no new
    /// version.
    ///
    /// When the expense has changed since the version that you name, the edit is joined with that: fields that only one
    /// side changed become what that side made of them, tags are joined one by one, and what is so already is no conflict.
    /// The same field changed to something else is `CONFLICT`, and so is any change of money, which must be made to the
    /// expense as it is. Then nothing is written, and `conflict` tells who says what.
    async fn update_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The edit.")] input: UpdateExpenseInput,
    ) -> Result<UpdateExpensePayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let (id, expected) = (input.id.clone(), input.expected_version);
        let once = once(ctx, viewer, input.idempotency_key.clone())?;
        let (once, patch) = match (once, Patch::parse(input.into())) {
            (Ok(once), Ok(patch)) => (once, patch),
            (once, patch) => {
                let wrong = once.err().into_iter().chain(patch.err().into_iter().flatten());
                return Ok(UpdateExpensePayload::invalid(&wrong.collect::<Vec<_>>()));
            }
        };
        let edited = change(&id, |id| ledger(ctx).edit(viewer, id, expected, patch, once)).await?;
        Ok(edited.into())
    }
}

/// An edit of an expense: the fields to change. A field that is left out stays; null clears one that an expense may be
/// without.
#[derive(InputObject)]
pub(crate) struct UpdateExpenseInput {
    /// The expense.
    id: ID,
    /// The version that you read, and that the fields below were edited in.
    expected_version: i32,
    /// Makes the change safe to send again, however late: 1 to 128 visible ASCII characters that you use for this change alone, best
    /// a random UUID. Once it is made, the same key with the same input changes nothing more, and answers with the expense as it is then.
    idempotency_key: Option<String>,
    /// What was paid; more than zero. It cannot be null.
    amount: MaybeUndefined<MoneyInput>,
    /// What it was: 1 to 200 characters in one line. It cannot be null.
    description: MaybeUndefined<String>,
    /// The day. It cannot be null.
    date: MaybeUndefined<Date>,
    /// Where it was: up to 100 characters in one line. Null or a blank text clears it.
    merchant: MaybeUndefined<String>,
    /// What it was for: up to 50 characters in one line. Null or a blank text clears it.
    category: MaybeUndefined<String>,
    /// All labels from now on: up to 20, each up to 50 characters in one line. Null or an empty list removes all.
    tags: MaybeUndefined<Vec<String>>,
    /// Anything else: up to 2000 characters, possibly in several lines. Null or a blank text clears it.
    notes: MaybeUndefined<String>,
    /// Who paid from now on: members of the household, or who was named before. Null for whoever recorded it. Left out, a
    /// single payer paid the new amount, and several must still sum to it.
    payers: MaybeUndefined<Vec<ExpensePayerInput>>,
    /// How it is split from now on; with null everybody bears what they paid. Left out, a new amount is split by the rule
    /// that the expense has.
    split: MaybeUndefined<ExpenseSplitInput>,
    /// Who may see it from now on; null for every member of the household. Only whoever recorded it decides that.
    visibility: MaybeUndefined<Visibility>,
    /// With the visibility `SURPRISE`: from whom it is hidden, and until when.
    surprise: Option<SurpriseInput>,
    /// What it was worth in its household's own currency from now on; null for nothing. Left out, a rate stays while the
    /// currency does, and what was charged while the amount does; an edit of these must say what becomes of it.
    exchange: MaybeUndefined<ExpenseExchangeInput>,
}

/// What came of an edit.
#[derive(SimpleObject)]
pub(super) struct UpdateExpensePayload {
    /// The expense as it is now: edited, or with `CONFLICT`, `VOIDED` and `FORBIDDEN` as it is without the edit; null with other `userErrors`.
    expense: Option<Expense>,
    /// Everything that is wrong with the edit; empty when it is made.
    user_errors: Vec<UserError<UpdateExpenseErrorCode>>,
    /// With `CONFLICT`: what the version that you read, your edit and the expense as it is now say, and where they part.
    /// Null otherwise, and when the expense never had the version that you name.
    conflict: Option<ExpenseConflict>,
}

/// What can be wrong with an edit.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum UpdateExpenseErrorCode {
    /// There is no such expense that you may change.
    NotFound,
    /// You see the expense, and your role in its household does not let you change it.
    Forbidden,
    /// The expense has changed since the expected version, and the edit cannot be joined with that: see `conflict`.
    Conflict,
    /// The expense is voided. Restore it first.
    Voided,
    /// A field that every expense needs is null or blank.
    Required,
    /// A text is too long.
    TooLong,
    /// A list has too many entries.
    TooMany,
    /// A text has a line break where there can be none, or another control character.
    ControlCharacter,
    /// The amount is zero or less.
    AmountNotPositive,
    /// The amount has more decimals than its currency.
    AmountTooPrecise,
    /// The amount is too large.
    AmountTooLarge,
    /// Nobody of this id belongs to the household, or did when the expense was last edited.
    MemberUnknown,
    /// Somebody is named more than once.
    MemberRepeated,
    /// What the payers paid is not the amount in all.
    PayersDoNotSum,
    /// What the parts of the split come to is not the whole: the amount, or 100 percent.
    SplitDoesNotSum,
    /// A part of the split is zero or less, too precise or too large.
    SplitPartInvalid,
    /// Only an expense of a household has payers, a split and a visibility.
    HouseholdRequired,
    /// The expense can't be hidden like this.
    VisibilityInvalid,
    /// The day of the reveal is not later than today, or more than a year away.
    RevealDateInvalid,
    /// The expense is in the currency of its exchange already, so it needs none.
    ExchangeNotNeeded,
    /// The exchange is into another currency than the household's own, or an expense in no household names none.
    ExchangeCurrencyInvalid,
    /// The rate is zero or less, has too many digits, or makes the expense worth more than the largest amount.
    ExchangeRateInvalid,
    /// The exchange is of the amount or currency that the expense had before this edit, which must say what becomes of it.
    ExchangeOutdated,
    /// The idempotency key is not 1 to 128 visible ASCII characters.
    IdempotencyKeyInvalid,
    /// The idempotency key has made another change before. Make a new key for a new change.
    IdempotencyKeyReused,
}

impl From<UpdateExpenseInput> for RawPatch {
    fn from(input: UpdateExpenseInput) -> Self {
        Self {
            amount: edit(input.amount, MoneyInput::into_raw),
            description: edit(input.description, |text| text),
            merchant: edit(input.merchant, |text| text),
            category: edit(input.category, |text| text),
            tags: edit(input.tags, |tags| tags),
            notes: edit(input.notes, |text| text),
            date: edit(input.date, |date| date.0),
            exchange: edit(input.exchange, ExpenseExchangeInput::into_raw),
            sharing: SharingInput {
                payers: input.payers,
                split: input.split,
                visibility: input.visibility,
                surprise: input.surprise,
            }
            .into(),
        }
    }
}

impl UpdateExpensePayload {
    fn invalid(violations: &[Violation]) -> Self {
        Self {
            expense: None,
            user_errors: violations.iter().map(Into::into).collect(),
            conflict: None,
        }
    }
}

impl From<Result<crate::domain::Expense, Refusal>> for UpdateExpensePayload {
    fn from(edited: Result<crate::domain::Expense, Refusal>) -> Self {
        match edited {
            Ok(expense) => Self {
                expense: Some(Expense(expense)),
                user_errors: Vec::new(),
                conflict: None,
            },
            Err(Refusal::Invalid(violations)) => Self::invalid(&violations),
            Err(refusal) => Self {
                user_errors: vec![(&refusal).into()],
                conflict: match &refusal {
                    Refusal::Conflict(_, conflict) => Some((**conflict).clone().into()),
                    _ => None,
                },
                expense: present(refusal),
            },
        }
    }
}

impl ChangeCode for UpdateExpenseErrorCode {
    const NOT_FOUND: Self = Self::NotFound;
    const FORBIDDEN: Self = Self::Forbidden;
    const CONFLICT: Self = Self::Conflict;
    const VOIDED: Self = Self::Voided;
    const KEY_REUSED: Self = Self::IdempotencyKeyReused;
    const KEY_INVALID: Self = Self::IdempotencyKeyInvalid;
}

impl From<&Rule> for UpdateExpenseErrorCode {
    fn from(rule: &Rule) -> Self {
        match rule {
            Rule::Required => Self::Required,
            Rule::NotAKey => Self::IdempotencyKeyInvalid,
            Rule::TooLong { .. } => Self::TooLong,
            Rule::TooMany { .. } => Self::TooMany,
            Rule::ControlCharacter { .. } => Self::ControlCharacter,
            Rule::NotPositive => Self::AmountNotPositive,
            Rule::Amount(InvalidAmount::TooPrecise(_)) => Self::AmountTooPrecise,
            Rule::Amount(InvalidAmount::TooLarge(_)) => Self::AmountTooLarge,
            Rule::NotAMember => Self::MemberUnknown,
            Rule::Repeated => Self::MemberRepeated,
            Rule::PayersSum { .. } | Rule::PayersOfOtherCurrency => Self::PayersDoNotSum,
            Rule::SplitSum { .. } | Rule::PercentSum(_) | Rule::SplitOfOtherCurrency => Self::SplitDoesNotSum,
            Rule::PartNotPositive | Rule::PercentTooPrecise | Rule::TooManyShares { .. } => {
                Self::SplitPartInvalid
            }
            Rule::NeedsHousehold => Self::HouseholdRequired,
            Rule::NotCreator
            | Rule::PrivateShared
            | Rule::SurpriseMissing
            | Rule::NoSurprise
            | Rule::HiddenFromCreator
            | Rule::HiddenFromPayer => Self::VisibilityInvalid,
            Rule::RevealNotLater | Rule::RevealTooFar => Self::RevealDateInvalid,
            Rule::Rate(_) | Rule::WorthTooLarge => Self::ExchangeRateInvalid,
            Rule::ExchangeCurrencyForeign | Rule::ExchangeCurrencyMissing => Self::ExchangeCurrencyInvalid,
            Rule::ExchangeNotNeeded => Self::ExchangeNotNeeded,
            Rule::ExchangeOutdated => Self::ExchangeOutdated,
            Rule::NoSuchHousehold => Self::NotFound,
            Rule::RoleTooLow => Self::Forbidden,
        }
    }
}
