//! One file for each mutation: its input, its payload and its own outcomes.

mod create;
mod path;
mod restore;
mod update;
mod void;

use async_graphql::{Context, ID, MergedObject};
use constellation_shared::error::ApiError;

use super::expense::Expense;
use crate::domain::{self, ExpenseId, Refusal};
use crate::ledger::{ChangeError, Ledger};

/// Recording and changing expenses.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    create::CreateExpense,
    update::UpdateExpense,
    void::VoidExpense,
    restore::RestoreExpense,
);

fn ledger<'a>(ctx: &Context<'a>) -> &'a Ledger {
    ctx.data_unchecked::<Ledger>()
}

/// Runs a change of the expense that an input names, and tells its refusal, which is data, from a failure, which is not.
async fn change<F>(
    id: &ID,
    run: impl FnOnce(ExpenseId) -> F,
) -> Result<Result<domain::Expense, Refusal>, ApiError>
where
    F: Future<Output = Result<domain::Expense, ChangeError>>,
{
    // What is no id of ours names nothing.
    let Ok(id) = id.parse() else {
        return Ok(Err(Refusal::NotFound));
    };
    match run(id).await {
        Ok(expense) => Ok(Ok(expense)),
        Err(ChangeError::Refused(refusal)) => Ok(Err(refusal)),
        Err(ChangeError::Store(error)) => Err(error.into()),
    }
}

/// The expense as it is now, which comes along with a refusal unless it is not the caller's to see.
fn present(refusal: Refusal) -> Option<Expense> {
    match refusal {
        Refusal::NotFound => None,
        Refusal::Stale(expense) | Refusal::Voided(expense) => Some(Expense(*expense)),
    }
}

const NOT_FOUND: &str = "There is no such expense, or it is not yours to change.";
const CONFLICT: &str =
    "The expense has changed since you read it. Look at it as it is now, and try again with its version.";
