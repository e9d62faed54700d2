use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::{ledger, path};
use crate::domain::{Draft, InvalidAmount, RawDraft, Rule, Violation};
use crate::schema::expense::Expense;
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
            Created::Expense(expense) => CreateExpensePayload {
                expense: Some(Expense(*expense)),
                user_errors: Vec::new(),
            },
            Created::KeyReused => CreateExpensePayload::refused([CreateExpenseUserError::key_reused()]),
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

/// What came of recording an expense.
#[derive(SimpleObject)]
pub(super) struct CreateExpensePayload {
    /// The expense, as it is now; null when there are `userErrors`.
    expense: Option<Expense>,
    /// Everything that is wrong with the input; empty when the expense is recorded.
    user_errors: Vec<CreateExpenseUserError>,
}

/// One thing that is wrong with the input of `createExpense`.
#[derive(SimpleObject)]
pub(super) struct CreateExpenseUserError {
    /// What is wrong, for programs.
    code: CreateExpenseErrorCode,
    /// What is wrong and how to mend it, for people.
    message: String,
    /// The input field that is wrong, from the argument down: `["input", "amount", "amount"]`.
    path: Option<Vec<String>>,
}

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

impl CreateExpensePayload {
    fn refused(errors: impl IntoIterator<Item = CreateExpenseUserError>) -> Self {
        Self {
            expense: None,
            user_errors: errors.into_iter().collect(),
        }
    }
}

impl CreateExpenseUserError {
    fn key_reused() -> Self {
        Self {
            code: CreateExpenseErrorCode::IdempotencyKeyReused,
            message: "This idempotency key has already recorded an expense from another input. Use a new key for a new expense.".into(),
            path: Some(path::of("idempotencyKey")),
        }
    }
}

impl From<&Violation> for CreateExpenseUserError {
    fn from(violation: &Violation) -> Self {
        Self {
            code: match &violation.rule {
                Rule::Required => CreateExpenseErrorCode::Required,
                Rule::TooLong { .. } => CreateExpenseErrorCode::TooLong,
                Rule::TooMany { .. } => CreateExpenseErrorCode::TooMany,
                Rule::ControlCharacter { .. } => CreateExpenseErrorCode::ControlCharacter,
                Rule::NotPositive => CreateExpenseErrorCode::AmountNotPositive,
                Rule::Amount(InvalidAmount::TooPrecise(_)) => CreateExpenseErrorCode::AmountTooPrecise,
                Rule::Amount(InvalidAmount::TooLarge(_)) => CreateExpenseErrorCode::AmountTooLarge,
                Rule::NotAKey => CreateExpenseErrorCode::IdempotencyKeyInvalid,
            },
            message: violation.to_string(),
            path: Some(path::of_violation(violation)),
        }
    }
}
