//! What mutations of expenses answer with. In the graph each has types of its own; here they are one.

use async_graphql::{OutputType, SimpleObject};

use super::create::CreateExpenseErrorCode;
use super::path;
use super::update::UpdateExpenseErrorCode;
use super::voiding::{RestoreExpenseErrorCode, VoidExpenseErrorCode};
use crate::domain::{self, Refusal, Rule, Violation};
use crate::schema::expense::Expense;

const NOT_FOUND: &str = "There is no such expense, or it is not yours to change.";
const FORBIDDEN: &str =
    "Your role in this household does not let you change that: an adult of it can, and whoever recorded it.";
const CONFLICT: &str =
    "The expense has changed since you read it. Look at it as it is now, and try again with its version.";
const KEY_REUSED: &str =
    "This idempotency key has already made another change. Use a new key for a new change.";
const VOIDED: &str = "The expense is voided. Restore it before you edit it.";

/// What came of recording or changing an expense.
#[derive(SimpleObject)]
#[graphql(
    concrete(name = "CreateExpensePayload", params("UserError<CreateExpenseErrorCode>")),
    concrete(name = "VoidExpensePayload", params("UserError<VoidExpenseErrorCode>")),
    concrete(name = "RestoreExpensePayload", params("UserError<RestoreExpenseErrorCode>"))
)]
pub(super) struct Payload<E: OutputType> {
    /// The expense as it is now. With `CONFLICT` that is as others have made it, with `FORBIDDEN` as it stays; with other `userErrors` it is null.
    expense: Option<Expense>,
    /// Everything that is wrong; empty when it is done.
    user_errors: Vec<E>,
}

/// One reason why an expense is not recorded or changed.
#[derive(SimpleObject)]
#[graphql(
    concrete(name = "CreateExpenseUserError", params(CreateExpenseErrorCode)),
    concrete(name = "UpdateExpenseUserError", params(UpdateExpenseErrorCode)),
    concrete(name = "VoidExpenseUserError", params(VoidExpenseErrorCode)),
    concrete(name = "RestoreExpenseUserError", params(RestoreExpenseErrorCode))
)]
pub(super) struct UserError<C: OutputType> {
    /// What is wrong, for programs.
    code: C,
    /// What is wrong and how to mend it, for people.
    message: String,
    /// The input field that is wrong, from the argument down: `["input", "amount", "amount"]`.
    path: Option<Vec<String>>,
}

/// The codes of a mutation that changes an expense.
pub(super) trait ChangeCode: OutputType {
    const NOT_FOUND: Self;
    const FORBIDDEN: Self;
    const CONFLICT: Self;
    const VOIDED: Self;
    const KEY_REUSED: Self;
    const KEY_INVALID: Self;
}

impl<C: OutputType> UserError<C> {
    /// One about a field of the input.
    pub(super) fn of(code: C, message: impl Into<String>, field: &str) -> Self {
        Self {
            code,
            message: message.into(),
            path: Some(path::of(field)),
        }
    }
}

impl<C: OutputType + for<'a> From<&'a Rule>> From<&Violation> for UserError<C> {
    fn from(violation: &Violation) -> Self {
        Self {
            code: (&violation.rule).into(),
            message: violation.to_string(),
            path: Some(path::of_violation(violation)),
        }
    }
}

impl<C: ChangeCode> From<&Refusal> for UserError<C> {
    fn from(refusal: &Refusal) -> Self {
        match refusal {
            Refusal::NotFound => Self::of(C::NOT_FOUND, NOT_FOUND, "id"),
            Refusal::KeyReused => Self::of(C::KEY_REUSED, KEY_REUSED, "idempotencyKey"),
            // An edit tells rule by rule what is invalid; of all others nothing but the key can be.
            Refusal::Invalid(violations) => {
                let message: Vec<String> = violations.iter().map(ToString::to_string).collect();
                Self::of(C::KEY_INVALID, message.join(" "), "idempotencyKey")
            }
            Refusal::Forbidden(_) => Self::of(C::FORBIDDEN, FORBIDDEN, "id"),
            Refusal::Stale(_) | Refusal::Conflict(..) => Self::of(C::CONFLICT, CONFLICT, "expectedVersion"),
            Refusal::Voided(_) => Self::of(C::VOIDED, VOIDED, "id"),
        }
    }
}

impl<E: OutputType> Payload<E> {
    /// It is done.
    pub(super) fn done(expense: domain::Expense) -> Self {
        Self {
            expense: Some(Expense(expense)),
            user_errors: Vec::new(),
        }
    }

    /// It is not, and there is nothing to show.
    pub(super) fn refused(errors: impl IntoIterator<Item = E>) -> Self {
        Self {
            expense: None,
            user_errors: errors.into_iter().collect(),
        }
    }
}

impl<C: ChangeCode> From<Result<domain::Expense, Refusal>> for Payload<UserError<C>>
where
    UserError<C>: OutputType,
{
    fn from(changed: Result<domain::Expense, Refusal>) -> Self {
        match changed {
            Ok(expense) => Self::done(expense),
            Err(refusal) => Self {
                user_errors: vec![(&refusal).into()],
                expense: present(refusal),
            },
        }
    }
}

/// The expense as it is now, which comes along with a refusal unless it is not the caller's to see.
pub(super) fn present(refusal: Refusal) -> Option<Expense> {
    match refusal {
        Refusal::NotFound | Refusal::Invalid(_) | Refusal::KeyReused => None,
        Refusal::Stale(expense)
        | Refusal::Conflict(expense, _)
        | Refusal::Voided(expense)
        | Refusal::Forbidden(expense) => Some(Expense(*expense)),
    }
}
