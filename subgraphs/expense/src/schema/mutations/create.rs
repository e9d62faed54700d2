use async_graphql::{Context, Enum, InputObject, Object};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::ledger;
use super::payload::{Payload, UserError};
use crate::domain::{Draft, InvalidAmount, RawDraft, Rule};
use crate::schema::money::MoneyInput;
use crate::schema::scalars::Date;
use crate::store::Created;

#[derive(Default)]
pub(super) struct CreateExpense;

#[Object]
impl CreateExpense {
    /// Records an expense of yours. It is safe to repeat: the same `idempotencyKey` with the same input gives the same
    /// expense, as it is now, however often and however late it is sent; only one is ever recorded.
    async fn create_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The expense.")] input: CreateExpenseInput,
    ) -> Result<CreateExpensePayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let draft = match Draft::parse(input.into()) {
            Ok(draft) => draft,
            Err(violations) => return Ok(CreateExpensePayload::refused(violations.iter().map(Into::into))),
        };
        Ok(match ledger(ctx).record(viewer, draft).await? {
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
        }
    }
}
