use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::{CONFLICT, NOT_FOUND, change, ledger, path, present};
use crate::domain::Refusal;
use crate::schema::expense::Expense;

#[derive(Default)]
pub(super) struct VoidExpense;

#[Object]
impl VoidExpense {
    /// Voids an expense of yours: it stays, with its history, but counts no more. It can be restored. Voiding one that is
    /// voided already changes nothing and is no error, so it is safe to repeat.
    async fn void_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which expense.")] input: VoidExpenseInput,
    ) -> Result<VoidExpensePayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        let expected = input.expected_version;
        let voided = change(&input.id, |id| ledger(ctx).void(viewer, id, expected)).await?;
        Ok(voided.into())
    }
}

/// An expense to void.
#[derive(InputObject)]
pub(super) struct VoidExpenseInput {
    /// The expense.
    id: ID,
    /// The version that you read. When the expense has changed since, it is not voided, and the answer is `CONFLICT` with
    /// the expense as it is now. It does not matter when the expense is voided already.
    expected_version: i32,
}

/// What came of voiding an expense.
#[derive(SimpleObject)]
pub(super) struct VoidExpensePayload {
    /// The expense as it is now: voided, or with `CONFLICT` as it is; null with `NOT_FOUND`.
    expense: Option<Expense>,
    /// Why it is not voided; empty when it is.
    user_errors: Vec<VoidExpenseUserError>,
}

/// Why an expense is not voided.
#[derive(SimpleObject)]
pub(super) struct VoidExpenseUserError {
    /// What is wrong, for programs.
    code: VoidExpenseErrorCode,
    /// What is wrong and how to mend it, for people.
    message: String,
    /// The input field that is wrong, from the argument down: `["input", "id"]`.
    path: Option<Vec<String>>,
}

/// Why an expense may not be voided.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum VoidExpenseErrorCode {
    /// There is no such expense that you may change.
    NotFound,
    /// The expense has changed since the expected version.
    Conflict,
}

impl From<Result<crate::domain::Expense, Refusal>> for VoidExpensePayload {
    fn from(voided: Result<crate::domain::Expense, Refusal>) -> Self {
        match voided {
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

impl From<&Refusal> for VoidExpenseUserError {
    fn from(refusal: &Refusal) -> Self {
        let (code, message, field) = match refusal {
            Refusal::NotFound => (VoidExpenseErrorCode::NotFound, NOT_FOUND, "id"),
            // Only an edit asks for an expense that is not voided.
            Refusal::Stale(_) | Refusal::Voided(_) => {
                (VoidExpenseErrorCode::Conflict, CONFLICT, "expectedVersion")
            }
        };
        Self {
            code,
            message: message.into(),
            path: Some(path::of(field)),
        }
    }
}
