use async_graphql::{Context, Enum, ID, InputObject, MaybeUndefined, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::{CONFLICT, NOT_FOUND, change, ledger, path, present};
use crate::domain::{Edit, InvalidAmount, Patch, RawPatch, Refusal, Rule, Violation};
use crate::schema::expense::Expense;
use crate::schema::money::MoneyInput;
use crate::schema::scalars::Date;

#[derive(Default)]
pub(super) struct UpdateExpense;

#[Object]
impl UpdateExpense {
    /// Edits an expense of yours. Fields that are left out stay as they are. An edit that changes nothing makes no new
    /// version.
    async fn update_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The edit.")] input: UpdateExpenseInput,
    ) -> Result<UpdateExpensePayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let (id, expected) = (input.id.clone(), input.expected_version);
        let patch = match Patch::parse(input.into()) {
            Ok(patch) => patch,
            Err(violations) => return Ok(UpdateExpensePayload::invalid(&violations)),
        };
        let edited = change(&id, |id| ledger(ctx).edit(viewer, id, expected, patch)).await?;
        Ok(edited.into())
    }
}

/// An edit of an expense: the fields to change. A field that is left out stays; null clears one that an expense may be
/// without.
#[derive(InputObject)]
pub(crate) struct UpdateExpenseInput {
    /// The expense.
    id: ID,
    /// The version that you read. When the expense has changed since, nothing is edited, and the answer is `CONFLICT` with
    /// the expense as it is now.
    expected_version: i32,
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
}

/// What came of an edit.
#[derive(SimpleObject)]
pub(super) struct UpdateExpensePayload {
    /// The expense as it is now: edited, or with `CONFLICT` and `VOIDED` as it is without the edit; null with other `userErrors`.
    expense: Option<Expense>,
    /// Everything that is wrong with the edit; empty when it is made.
    user_errors: Vec<UpdateExpenseUserError>,
}

/// One thing that is wrong with an edit.
#[derive(SimpleObject)]
pub(super) struct UpdateExpenseUserError {
    /// What is wrong, for programs.
    code: UpdateExpenseErrorCode,
    /// What is wrong and how to mend it, for people.
    message: String,
    /// The input field that is wrong, from the argument down: `["input", "amount", "amount"]`.
    path: Option<Vec<String>>,
}

/// What can be wrong with an edit.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum UpdateExpenseErrorCode {
    /// There is no such expense that you may change.
    NotFound,
    /// The expense has changed since the expected version.
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
        }
    }
}

fn edit<T, U>(field: MaybeUndefined<T>, value: impl FnOnce(T) -> U) -> Edit<U> {
    match field {
        MaybeUndefined::Undefined => Edit::Keep,
        MaybeUndefined::Null => Edit::Clear,
        MaybeUndefined::Value(new) => Edit::Set(value(new)),
    }
}

impl UpdateExpensePayload {
    fn invalid(violations: &[Violation]) -> Self {
        Self {
            expense: None,
            user_errors: violations.iter().map(Into::into).collect(),
        }
    }
}

impl From<Result<crate::domain::Expense, Refusal>> for UpdateExpensePayload {
    fn from(edited: Result<crate::domain::Expense, Refusal>) -> Self {
        match edited {
            Ok(expense) => Self {
                expense: Some(Expense(expense)),
                user_errors: Vec::new(),
            },
            Err(refusal) => Self {
                user_errors: vec![(&refusal).into()],
                expense: present(refusal),
            },
        }
    }
}

impl From<&Refusal> for UpdateExpenseUserError {
    fn from(refusal: &Refusal) -> Self {
        let (code, message, field) = match refusal {
            Refusal::NotFound => (UpdateExpenseErrorCode::NotFound, NOT_FOUND, "id"),
            Refusal::Stale(_) => (UpdateExpenseErrorCode::Conflict, CONFLICT, "expectedVersion"),
            Refusal::Voided(_) => (
                UpdateExpenseErrorCode::Voided,
                "The expense is voided. Restore it before you edit it.",
                "id",
            ),
        };
        Self {
            code,
            message: message.into(),
            path: Some(path::of(field)),
        }
    }
}

impl From<&Violation> for UpdateExpenseUserError {
    fn from(violation: &Violation) -> Self {
        Self {
            code: match &violation.rule {
                // An edit has no key; a rule about one could only be about something required.
                Rule::Required | Rule::NotAKey => UpdateExpenseErrorCode::Required,
                Rule::TooLong { .. } => UpdateExpenseErrorCode::TooLong,
                Rule::TooMany { .. } => UpdateExpenseErrorCode::TooMany,
                Rule::ControlCharacter { .. } => UpdateExpenseErrorCode::ControlCharacter,
                Rule::NotPositive => UpdateExpenseErrorCode::AmountNotPositive,
                Rule::Amount(InvalidAmount::TooPrecise(_)) => UpdateExpenseErrorCode::AmountTooPrecise,
                Rule::Amount(InvalidAmount::TooLarge(_)) => UpdateExpenseErrorCode::AmountTooLarge,
            },
            message: violation.to_string(),
            path: Some(path::of_violation(violation)),
        }
    }
}
