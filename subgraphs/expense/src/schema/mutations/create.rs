use async_graphql::{Context, Enum, ID, InputObject, Object};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::exchange::ExpenseExchangeInput;
use super::payload::{Payload, UserError};
use super::sharing::{ExpensePayerInput, ExpenseSplitInput, SharingInput, SurpriseInput, given};
use super::{ledger, sent};
use crate::domain::{InvalidAmount, RawDraft, Rule};
use crate::ledger::RecordError;
use crate::schema::money::MoneyInput;
use crate::schema::scalars::Date;
use crate::schema::sharing::Visibility;
use crate::store::Created;

#[derive(Default)]
pub(super) struct CreateExpense;

#[Object]
impl CreateExpense {
    /// Records an expense: your own, or with `householdId` one that a household shares. It is safe to repeat: the same
    /// `idempotencyKey` with the same input gives the same expense, as it is now, however often and however late it is
    /// sent; only one is ever recorded.
    async fn create_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expense.")] input: CreateExpenseInput,
    ) -> Result<CreateExpensePayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let created = match ledger(ctx).record(viewer, input.into(), sent(ctx)?).await {
            Ok(created) => created,
            Err(RecordError::Invalid(violations)) => {
                return Ok(CreateExpensePayload::refused(violations.iter().map(Into::into)));
            }
            Err(RecordError::Store(error)) => return Err(error.into()),
        };
        Ok(match created {
            Created::Expense(expense) => CreateExpensePayload::done(*expense),
            Created::KeyReused => CreateExpensePayload::refused([UserError::of(
                CreateExpenseErrorCode::IdempotencyKeyReused,
                "This idempotency key has already recorded an expense from another input. Use a new key for a new expense.",
                "idempotencyKey",
            )]),
        })
    }
}

/// A new expense.
#[derive(InputObject)]
pub(crate) struct CreateExpenseInput {
    /// Any text that you use for this expense alone: 1 to 128 visible ASCII characters, best a random UUID. Make it once
    /// when the person confirms, and send the same one with every retry.
    idempotency_key: String,
    /// What was paid; more than zero.
    amount: MoneyInput,
    /// What it was: 1 to 200 characters in one line.
    description: String,
    /// The day.
    date: Date,
    /// Where it was: up to 100 characters in one line. A blank text is none.
    merchant: Option<String>,
    /// What it was for, in your own words: up to 50 characters in one line. A blank text is none.
    category: Option<String>,
    /// Labels: up to 20, each up to 50 characters in one line. They are kept in lower case, each once, sorted.
    tags: Option<Vec<String>>,
    /// Anything else: up to 2000 characters, possibly in several lines. A blank text is none.
    notes: Option<String>,
    /// The household that shares it. Left out, the expense is your own, and only you see it.
    household_id: Option<ID>,
    /// Who paid: up to 20 members of the household, each once; in all the amount. Left out, you paid all of it.
    payers: Option<Vec<ExpensePayerInput>>,
    /// Who bears which part. Left out, everybody bears what they paid, and nobody owes anybody anything.
    split: Option<ExpenseSplitInput>,
    /// Who may see it. Left out, every member of the household.
    visibility: Option<Visibility>,
    /// With the visibility `SURPRISE`: from whom it is hidden, and until when.
    surprise: Option<SurpriseInput>,
    /// What it was worth in its household's own currency, when it was paid in another one. Left out, totals that convert keep it
    /// apart in its own currency.
    exchange: Option<ExpenseExchangeInput>,
}

type CreateExpensePayload = Payload<UserError<CreateExpenseErrorCode>>;

/// What can be wrong with the input of `createExpense`.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum CreateExpenseErrorCode {
    /// A text that every expense needs is blank.
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
    /// There is no such household that you belong to.
    NotFound,
    /// Your role in the household does not let you record anything.
    Forbidden,
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
    /// The idempotency key is not 1 to 128 visible ASCII characters.
    IdempotencyKeyInvalid,
    /// The idempotency key was used for another input before. Make a new key for a new expense.
    IdempotencyKeyReused,
}

impl From<CreateExpenseInput> for RawDraft {
    fn from(input: CreateExpenseInput) -> Self {
        Self {
            idempotency_key: input.idempotency_key,
            amount: input.amount.into_raw(),
            description: input.description,
            merchant: input.merchant,
            category: input.category,
            tags: input.tags.unwrap_or_default(),
            notes: input.notes,
            date: input.date.0,
            household: input.household_id.map(|id| id.0),
            exchange: input.exchange.map(ExpenseExchangeInput::into_raw),
            sharing: SharingInput {
                payers: given(input.payers),
                split: given(input.split),
                visibility: given(input.visibility),
                surprise: input.surprise,
            }
            .into(),
        }
    }
}

impl From<&Rule> for CreateExpenseErrorCode {
    fn from(rule: &Rule) -> Self {
        match rule {
            Rule::Required => Self::Required,
            Rule::TooLong { .. } => Self::TooLong,
            Rule::TooMany { .. } => Self::TooMany,
            Rule::ControlCharacter { .. } => Self::ControlCharacter,
            Rule::NotPositive => Self::AmountNotPositive,
            Rule::Amount(InvalidAmount::TooPrecise(_)) => Self::AmountTooPrecise,
            Rule::Amount(InvalidAmount::TooLarge(_)) => Self::AmountTooLarge,
            Rule::NotAKey => Self::IdempotencyKeyInvalid,
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
            // A new expense has nothing from before; only an edit breaks that rule.
            Rule::ExchangeNotNeeded | Rule::ExchangeOutdated => Self::ExchangeNotNeeded,
            Rule::NoSuchHousehold => Self::NotFound,
            Rule::RoleTooLow => Self::Forbidden,
        }
    }
}
