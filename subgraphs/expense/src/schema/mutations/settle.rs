//! Settling up: recording that somebody paid somebody, and taking it back.

use async_graphql::{Context, Enum, ID, InputObject, Object, SimpleObject};
use constellation_shared::auth::Caller;
use constellation_shared::error::ApiError;

use super::sharing::SurpriseInput;
use super::{ledger, once, path, sent};
use crate::domain::{self, InvalidAmount, RawSettlement, Rule, SettlementRefusal, Violation};
use crate::schema::money::MoneyInput;
use crate::schema::scalars::Date;
use crate::schema::settling::{Settlement, SettlementPlan};

#[derive(Default)]
pub(super) struct Settling;

#[Object]
impl Settling {
    /// Records that a member of a household paid another. With the `planToken` of a plan it is one of the plan's transfers,
    /// or a part of one, and nothing is recorded when anything has happened since the plan was made. It is safe to repeat:
    /// the same `idempotencyKey` with the same input gives the same settlement.
    async fn record_settlement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The settlement.")] input: RecordSettlementInput,
    ) -> Result<SettlementPayload, ApiError> {
        let viewer = Caller::require(ctx)?;
        Ok(
            match ledger(ctx).settle(viewer, input.into(), sent(ctx)?).await? {
                Ok((settlement, plan)) => SettlementPayload {
                    settlement: Some(settlement.into()),
                    plan: Some(plan.into()),
                    user_errors: Vec::new(),
                },
                Err(refusal) => refusal.into(),
            },
        )
    }

    /// Voids a settlement: it stays, but counts no more. It can be restored. Voiding one that is voided already changes
    /// nothing and is no error.
    async fn void_settlement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which settlement.")] input: VoidSettlementInput,
    ) -> Result<SettlementPayload, ApiError> {
        change(
            ctx,
            &input.id,
            input.expected_version,
            input.idempotency_key,
            true,
        )
        .await
    }

    /// Restores a voided settlement. Restoring one that is not voided changes nothing and is no error.
    async fn restore_settlement(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which settlement.")] input: RestoreSettlementInput,
    ) -> Result<SettlementPayload, ApiError> {
        change(
            ctx,
            &input.id,
            input.expected_version,
            input.idempotency_key,
            false,
        )
        .await
    }
}

async fn change(
    ctx: &Context<'_>,
    id: &ID,
    expected_version: i32,
    key: Option<String>,
    voided: bool,
) -> Result<SettlementPayload, ApiError> {
    let viewer = Caller::require(ctx)?;
    // What is no id of ours names nothing.
    let Ok(id) = id.parse() else {
        return Ok(SettlementRefusal::NotFound.into());
    };
    let once = match once(ctx, viewer, key)? {
        Ok(once) => once,
        Err(violation) => return Ok(SettlementRefusal::Invalid(vec![violation]).into()),
    };
    let changed = ledger(ctx)
        .void_settlement(viewer, id, voided, expected_version, once)
        .await?;
    Ok(match changed {
        Ok(settlement) => SettlementPayload::of(settlement),
        Err(refusal) => refusal.into(),
    })
}

/// A settlement to record.
#[derive(InputObject)]
pub(crate) struct RecordSettlementInput {
    /// The household.
    household_id: ID,
    /// Any text that you use for this settlement alone: 1 to 128 visible ASCII characters, best a random UUID.
    idempotency_key: String,
    /// The plan that it follows. Left out, it follows none.
    plan_token: Option<String>,
    /// Who paid: a member of the household, or somebody who has left and has a balance there. A child records what they paid
    /// themselves.
    from_id: ID,
    /// Who was paid: likewise.
    to_id: ID,
    /// How much; more than zero.
    amount: MoneyInput,
    /// On which day.
    date: Date,
    /// Anything else: up to 200 characters in one line. A blank text is none.
    note: Option<String>,
    /// From whom it is hidden, and until when. What settles a surprise must be hidden as the surprise is, or it would give it
    /// away: plans say so.
    surprise: Option<SurpriseInput>,
}

/// A settlement to void.
#[derive(InputObject)]
pub(crate) struct VoidSettlementInput {
    /// The settlement.
    id: ID,
    /// The version that you read.
    expected_version: i32,
    /// Makes the change safe to send again, however late: 1 to 128 visible ASCII characters that you use for this change alone, best
    /// a random UUID. Once it is made, the same key with the same input changes nothing more, and answers with the settlement as it is then.
    idempotency_key: Option<String>,
}

/// A settlement to restore.
#[derive(InputObject)]
pub(crate) struct RestoreSettlementInput {
    /// The settlement.
    id: ID,
    /// The version that you read.
    expected_version: i32,
    /// Makes the change safe to send again, however late: 1 to 128 visible ASCII characters that you use for this change alone, best
    /// a random UUID. Once it is made, the same key with the same input changes nothing more, and answers with the settlement as it is then.
    idempotency_key: Option<String>,
}

/// What came of recording or changing a settlement.
#[derive(SimpleObject)]
pub(super) struct SettlementPayload {
    /// The settlement as it is now; null when it is not recorded, or not yours to see.
    settlement: Option<Settlement>,
    /// After `recordSettlement`, and with `PLAN_OUTDATED` and `NOT_IN_PLAN`: the plan for the currency as it is now.
    plan: Option<SettlementPlan>,
    /// Everything that is wrong; empty when it is done.
    user_errors: Vec<SettlementUserError>,
}

/// One reason why a settlement is not recorded or changed.
#[derive(SimpleObject)]
pub(super) struct SettlementUserError {
    /// What is wrong, for programs.
    code: SettlementErrorCode,
    /// What is wrong and how to mend it, for people.
    message: String,
    /// The input field that is wrong, from the argument down.
    path: Option<Vec<String>>,
}

/// Why a settlement may not be recorded or changed.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
pub enum SettlementErrorCode {
    /// There is no such household that you belong to, or no such settlement that you may see.
    NotFound,
    /// Your role in the household does not let you do that.
    Forbidden,
    /// The settlement has changed since the expected version.
    Conflict,
    /// The settlement has been voided and restored too often. Record another one.
    ChangedTooOften,
    /// Something has happened since the plan was made. Look at `plan`.
    PlanOutdated,
    /// The plan has no such transfer, or a smaller one.
    NotInPlan,
    /// Nobody of this id belongs to the household or has a balance there.
    MemberUnknown,
    /// Somebody can't pay themselves.
    MemberRepeated,
    /// The amount is zero or less.
    AmountNotPositive,
    /// The amount has more decimals than its currency.
    AmountTooPrecise,
    /// The amount is too large.
    AmountTooLarge,
    /// The note is too long, or has a line break or another control character.
    NoteInvalid,
    /// The settlement can't be hidden like this.
    VisibilityInvalid,
    /// The day of the reveal is not later than today, or more than a year away.
    RevealDateInvalid,
    /// The idempotency key is not 1 to 128 visible ASCII characters.
    IdempotencyKeyInvalid,
    /// The idempotency key was used for another input before.
    IdempotencyKeyReused,
}

impl From<RecordSettlementInput> for RawSettlement {
    fn from(input: RecordSettlementInput) -> Self {
        Self {
            idempotency_key: input.idempotency_key,
            household: input.household_id.0,
            plan_token: input.plan_token,
            from: input.from_id.0,
            to: input.to_id.0,
            amount: input.amount.into_raw(),
            date: input.date.0,
            note: input.note,
            surprise: input.surprise.map(SurpriseInput::into_raw),
        }
    }
}

impl SettlementPayload {
    fn of(settlement: domain::Settlement) -> Self {
        Self {
            settlement: Some(settlement.into()),
            plan: None,
            user_errors: Vec::new(),
        }
    }
}

impl From<SettlementRefusal> for SettlementPayload {
    fn from(refusal: SettlementRefusal) -> Self {
        let error = |code, message: &str, field: Option<&str>| {
            vec![SettlementUserError {
                code,
                message: message.into(),
                path: field.map(path::of),
            }]
        };
        let (user_errors, settlement, plan) = match refusal {
            SettlementRefusal::NotFound => {
                let message = "There is no such household or settlement, or it is not yours to see.";
                (error(SettlementErrorCode::NotFound, message, None), None, None)
            }
            SettlementRefusal::Forbidden => {
                let message = "Your role in this household does not let you do that. An adult of it can.";
                (error(SettlementErrorCode::Forbidden, message, None), None, None)
            }
            SettlementRefusal::Stale(present) => {
                let message = "The settlement has changed since you read it. Look at it as it is now.";
                let errors = error(SettlementErrorCode::Conflict, message, Some("expectedVersion"));
                (errors, Some(present), None)
            }
            SettlementRefusal::TooOften(present) => {
                let message = "The settlement has been voided and restored too often. Record another one.";
                let errors = error(SettlementErrorCode::ChangedTooOften, message, Some("id"));
                (errors, Some(present), None)
            }
            SettlementRefusal::KeyReused => {
                let message =
                    "This idempotency key was used for another input before. Use a new key for a new change.";
                let code = SettlementErrorCode::IdempotencyKeyReused;
                (error(code, message, Some("idempotencyKey")), None, None)
            }
            SettlementRefusal::Outdated(plan) => {
                let message = "Something has happened since this plan was made. Look at the new one.";
                let errors = error(SettlementErrorCode::PlanOutdated, message, Some("planToken"));
                (errors, None, Some(plan))
            }
            SettlementRefusal::NotInPlan(plan) => {
                let message = "The plan has no such transfer: the same people, what it is hidden from, and no more than the amount.";
                let errors = error(SettlementErrorCode::NotInPlan, message, Some("planToken"));
                (errors, None, Some(plan))
            }
            SettlementRefusal::Invalid(violations) => {
                (violations.iter().map(Into::into).collect(), None, None)
            }
        };
        Self {
            settlement: settlement.map(|settlement| (*settlement).into()),
            plan: plan.map(|plan| (*plan).into()),
            user_errors,
        }
    }
}

impl From<&Violation> for SettlementUserError {
    fn from(violation: &Violation) -> Self {
        Self {
            code: match &violation.rule {
                Rule::NotAMember => SettlementErrorCode::MemberUnknown,
                Rule::Repeated => SettlementErrorCode::MemberRepeated,
                Rule::NotPositive => SettlementErrorCode::AmountNotPositive,
                Rule::Amount(InvalidAmount::TooPrecise(_)) => SettlementErrorCode::AmountTooPrecise,
                Rule::Amount(InvalidAmount::TooLarge(_)) => SettlementErrorCode::AmountTooLarge,
                Rule::NotAKey => SettlementErrorCode::IdempotencyKeyInvalid,
                Rule::RevealNotLater | Rule::RevealTooFar => SettlementErrorCode::RevealDateInvalid,
                Rule::Required | Rule::HiddenFromCreator => SettlementErrorCode::VisibilityInvalid,
                _ => SettlementErrorCode::NoteInvalid,
            },
            message: violation.to_string(),
            path: Some(path::of_violation(violation)),
        }
    }
}
