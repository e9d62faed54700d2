//! Voiding and restoring: two mutations that undo each other, and differ in nothing but the way they go.

use async_graphql::{Context, Enum, ID, InputObject, Object};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::payload::{ChangeCode, Payload, UserError};
use super::{change, ledger, once};
use crate::domain::Refusal;

#[derive(Default)]
pub(super) struct Voiding;

#[Object]
impl Voiding {
    /// Voids an expense that you may change: it stays, with its history, but counts no more. It can be restored. Voiding one that is
    /// voided already changes nothing and is no error, so it is safe to repeat.
    async fn void_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which expense.")] input: VoidExpenseInput,
    ) -> Result<Payload<UserError<VoidExpenseErrorCode>>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let expected = input.expected_version;
        let voided = match once(ctx, viewer, input.idempotency_key)? {
            Ok(once) => change(&input.id, |id| ledger(ctx).void(viewer, id, expected, once)).await?,
            Err(violation) => Err(Refusal::Invalid(vec![violation])),
        };
        Ok(voided.into())
    }

    /// Restores a voided expense that you may change. Restoring one that is not voided changes nothing and is no error, so it
    /// is safe to repeat.
    async fn restore_expense(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which expense.")] input: RestoreExpenseInput,
    ) -> Result<Payload<UserError<RestoreExpenseErrorCode>>, ApiError> {
        let viewer = Caller::require(ctx)?;
        let expected = input.expected_version;
        let restored = match once(ctx, viewer, input.idempotency_key)? {
            Ok(once) => change(&input.id, |id| ledger(ctx).restore(viewer, id, expected, once)).await?,
            Err(violation) => Err(Refusal::Invalid(vec![violation])),
        };
        Ok(restored.into())
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
    /// Makes the change safe to send again, however late: 1 to 128 visible ASCII characters that you use for this change alone, best
    /// a random UUID. Once it is made, the same key with the same input changes nothing more, and answers with the expense as it is then.
    idempotency_key: Option<String>,
}

/// An expense to restore.
#[derive(InputObject)]
pub(super) struct RestoreExpenseInput {
    /// The expense.
    id: ID,
    /// The version that you read. When the expense has changed since, it is not restored, and the answer is `CONFLICT` with
    /// the expense as it is now. It does not matter when the expense is not voided.
    expected_version: i32,
    /// Makes the change safe to send again, however late: 1 to 128 visible ASCII characters that you use for this change alone, best
    /// a random UUID. Once it is made, the same key with the same input changes nothing more, and answers with the expense as it is then.
    idempotency_key: Option<String>,
}

/// Why an expense may not be voided.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum VoidExpenseErrorCode {
    /// There is no such expense that you may change.
    NotFound,
    /// You see the expense, and your role in its household does not let you change it.
    Forbidden,
    /// The expense has changed since the expected version.
    Conflict,
    /// The idempotency key is not 1 to 128 visible ASCII characters.
    IdempotencyKeyInvalid,
    /// The idempotency key has made another change before. Make a new key for a new change.
    IdempotencyKeyReused,
}

/// Why an expense may not be restored.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum RestoreExpenseErrorCode {
    /// There is no such expense that you may change.
    NotFound,
    /// You see the expense, and your role in its household does not let you change it.
    Forbidden,
    /// The expense has changed since the expected version.
    Conflict,
    /// The idempotency key is not 1 to 128 visible ASCII characters.
    IdempotencyKeyInvalid,
    /// The idempotency key has made another change before. Make a new key for a new change.
    IdempotencyKeyReused,
}

impl ChangeCode for VoidExpenseErrorCode {
    const NOT_FOUND: Self = Self::NotFound;
    const FORBIDDEN: Self = Self::Forbidden;
    const CONFLICT: Self = Self::Conflict;
    // Only an edit asks for an expense that is not voided.
    const VOIDED: Self = Self::Conflict;
    const KEY_REUSED: Self = Self::IdempotencyKeyReused;
    const KEY_INVALID: Self = Self::IdempotencyKeyInvalid;
}

impl ChangeCode for RestoreExpenseErrorCode {
    const NOT_FOUND: Self = Self::NotFound;
    const FORBIDDEN: Self = Self::Forbidden;
    const CONFLICT: Self = Self::Conflict;
    const VOIDED: Self = Self::Conflict;
    const KEY_REUSED: Self = Self::IdempotencyKeyReused;
    const KEY_INVALID: Self = Self::IdempotencyKeyInvalid;
}
