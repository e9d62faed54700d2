//! One file for each mutation, its input and its own outcomes; `payload` is what they answer with.

mod create;
mod exchange;
mod once;
mod path;
mod payload;
mod settle;
mod sharing;
mod update;
mod voiding;

use async_graphql::{Context, ID, MergedObject};
use constellation_shared::error::ApiError;

use crate::domain::{self, ExpenseId, Refusal};
use crate::ledger::{ChangeError, Ledger};
use once::{once, sent};

/// Recording and changing expenses.
#[derive(MergedObject, Default)]
pub(crate) struct Mutation(
    create::CreateExpense,
    update::UpdateExpense,
    voiding::Voiding,
    settle::Settling,
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
