use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::{CONFLICT, NOT_FOUND, change, ledger, path, present};
use crate::domain::Refusal;
use crate::schema::expense::Expense;

#[derive(Default)]
pub(super) struct RestoreExpense;

#[Object]
impl RestoreExpense {
    /// Restores an expense of yours that was voided. Restoring one that is not voided changes nothing and is no error, so it
    /// is safe to repeat.
    async fn restore_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which expense.")] input: RestoreExpenseInput,
    ) -> Result<RestoreExpensePayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let expected = input.expected_version;
        let restored = change(&input.id, |id| ledger(ctx).restore(viewer, id, expected)).await?;
        Ok(restored.into())
    }
}

/// An expense to restore.
#[derive(InputObject)]
pub(super) struct RestoreExpenseInput {
    /// The expense.
    id: ID,
    /// The version that you read. When the expense has changed since, it is not restored, and the answer is `CONFLICT` with
    /// the expense as it is now. It does not matter when the expense is not voided.
    expected_version: i32,
}

/// What came of restoring an expense.
#[derive(SimpleObject)]
pub(super) struct RestoreExpensePayload {
    /// The expense as it is now: restored, or with `CONFLICT` as it is; null with `NOT_FOUND`.
    expense: Option<Expense>,
    /// Why it is not restored; empty when it is.
    user_errors: Vec<RestoreExpenseUserError>,
}

/// Why an expense is not restored.
#[derive(SimpleObject)]
pub(super) struct RestoreExpenseUserError {
    /// What is wrong, for programs.
    code: RestoreExpenseErrorCode,
    /// What is wrong and how to mend it, for people.
    message: String,
    /// The input field that is wrong, from the argument down: `["input", "id"]`.
    path: Option<Vec<String>>,
}

/// Why an expense may not be restored.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum RestoreExpenseErrorCode {
    /// There is no such expense that you may change.
    NotFound,
    /// The expense has changed since the expected version.
    Conflict,
}

impl From<Result<crate::domain::Expense, Refusal>> for RestoreExpensePayload {
    fn from(restored: Result<crate::domain::Expense, Refusal>) -> Self {
        match restored {
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

impl From<&Refusal> for RestoreExpenseUserError {
    fn from(refusal: &Refusal) -> Self {
        let (code, message, field) = match refusal {
            Refusal::NotFound => (RestoreExpenseErrorCode::NotFound, NOT_FOUND, "id"),
            // Only an edit asks for an expense that is not voided.
            Refusal::Stale(_) | Refusal::Voided(_) => {
                (RestoreExpenseErrorCode::Conflict, CONFLICT, "expectedVersion")
            }
        };
        Self {
            code,
            message: message.into(),
            path: Some(path::of(field)),
        }
    }
}
