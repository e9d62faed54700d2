use chrono::{DateTime, Utc};
use constellation_shared::auth::Viewer;
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::id::{Id, UserId};
use sha2::{Digest as _, Sha256};

use super::access::may_change_in;
use super::change::ChangeKind;
use super::contents;
use super::date::Date;
use super::fingerprint::{Fingerprint, IdempotencyKey};
use super::money::{Currency, Decimal, Money};
use super::plan::Plan;
use super::sharing::{Circle, Surprise};
use super::violation::{Field, Rule, Violation, Violations};

/// Marks the ids of settlements.
pub(crate) enum SettlementKind {}
/// A settlement's id.
pub(crate) type SettlementId = Id<SettlementKind>;

/// No settlement is voided and restored more often.
pub(crate) const MOST_VERSIONS: usize = 100;

/// Money that one member of a household gave another, which neither of them spent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settlement {
    /// Its id.
    pub id: SettlementId,
    /// Whose ledger it is in.
    pub household: HouseholdId,
    /// Who recorded it.
    pub creator: UserId,
    /// What was paid.
    pub payment: SettlementPayment,
    /// When it was voided, while it is.
    pub voided_at: Option<DateTime<Utc>>,
    /// What happened to it, the oldest first; never empty. Its last entry made the present version.
    pub history: Vec<SettlementChange>,
}

/// What a settlement says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettlementPayment {
    /// Who paid.
    pub from: UserId,
    /// Who was paid.
    pub to: UserId,
    /// How much; more than zero.
    pub amount: Money,
    /// On which day.
    pub date: Date,
    /// Anything else.
    pub note: Option<String>,
    /// From whom it is hidden, and until when.
    pub surprise: Option<Surprise>,
}

/// One step in the life of a settlement.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct SettlementChange {
    /// What happened; it is never edited.
    pub kind: ChangeKind,
    /// Who did it.
    pub by: UserId,
    /// When.
    pub at: DateTime<Utc>,
}

/// A settlement as a caller wrote it.
#[derive(Debug, Clone)]
pub(crate) struct RawSettlement {
    /// Any text that the caller never uses for another settlement.
    pub idempotency_key: String,
    /// The household.
    pub household: String,
    /// The plan that it follows.
    pub plan_token: Option<String>,
    /// Who paid.
    pub from: String,
    /// Who was paid.
    pub to: String,
    /// The number and the currency.
    pub amount: (Decimal, Currency),
    /// On which day.
    pub date: Date,
    /// Anything else.
    pub note: Option<String>,
    /// From whom it is hidden, and until when.
    pub surprise: Option<(Vec<String>, Date)>,
}

/// A settlement that obeys every rule that can be checked without the ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SettlementDraft {
    /// The key under which this happens at most once.
    pub key: IdempotencyKey,
    /// The household.
    pub household: HouseholdId,
    /// The plan that it follows.
    pub plan_token: Option<String>,
    /// What was paid.
    pub payment: SettlementPayment,
    /// Those of the two who belong to the household now; who does not must have a balance there.
    pub members: Vec<UserId>,
}

/// Why a settlement is not recorded or changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SettlementRefusal {
    /// There is none that the caller may see.
    NotFound,
    /// The caller's role does not suffice.
    Forbidden,
    /// It is another version.
    Stale(Box<Settlement>),
    /// It has been changed too often.
    TooOften(Box<Settlement>),
    /// The input breaks rules.
    Invalid(Vec<Violation>),
    /// The key was used for another input.
    KeyReused,
    /// Something has happened since the plan was made.
    Outdated(Box<Plan>),
    /// The plan has no such transfer.
    NotInPlan(Box<Plan>),
}

impl SettlementDraft {
    /// Checks every rule that can be checked without the ledger.
    ///
    /// # Errors
    /// Everything that is wrong.
    pub(crate) fn parse(
        raw: RawSettlement,
        viewer: &Viewer,
        now: DateTime<Utc>,
    ) -> Result<Self, SettlementRefusal> {
        let found = raw.household.parse().ok().and_then(|id| viewer.membership(id));
        let (household, role) = found.ok_or(SettlementRefusal::NotFound)?;
        let mut wrong = Violations::default();
        let key = wrong.check(Field::IdempotencyKey, IdempotencyKey::parse(raw.idempotency_key));
        let person = |id: &str| id.parse::<UserId>().map_err(|_| Rule::NotAMember);
        let from = wrong.check(Field::From, person(&raw.from));
        let to = wrong.check(Field::To, person(&raw.to));
        if from.is_some() && from == to {
            wrong.add(Field::To, Rule::Repeated);
        }
        let permitted = match role {
            Role::Owner | Role::Adult => true,
            Role::Child => from == Some(viewer.user),
            Role::Viewer => false,
        };
        if !permitted {
            return Err(SettlementRefusal::Forbidden);
        }
        let amount = wrong.check(Field::Amount, contents::amount(raw.amount.0, raw.amount.1));
        let note = raw.note.map_or(Ok(None), |note| contents::description(&note));
        let note = wrong.check(Field::Note, note);
        let circle = Circle {
            household,
            writer: viewer.user,
            creator: viewer.user,
            before: None,
            now,
        };
        let surprise = match raw.surprise {
            Some((hidden_from, reveal_on)) => {
                let surprise = match raw.plan_token {
                    Some(_) => circle.planned_surprise(hidden_from, reveal_on, &mut wrong),
                    None => circle.surprise(hidden_from, reveal_on, &mut wrong),
                };
                if surprise
                    .as_ref()
                    .is_some_and(|surprise| surprise.hidden_from.contains(&viewer.user))
                {
                    wrong.add(Field::HiddenFrom(None), Rule::HiddenFromCreator);
                }
                surprise.map(Some)
            }
            None => Some(None),
        };
        let draft = || {
            let (from, to) = (from?, to?);
            Some(Self {
                key: key?,
                household: household.id,
                plan_token: raw.plan_token,
                payment: SettlementPayment {
                    from,
                    to,
                    amount: amount?,
                    date: raw.date,
                    note: note?,
                    surprise: surprise?,
                },
                members: [from, to]
                    .into_iter()
                    .filter(|person| household.members.contains_key(person))
                    .collect(),
            })
        };
        wrong.finish(draft()).map_err(SettlementRefusal::Invalid)
    }

    /// The same for two inputs that mean the same settlement, and for those only.
    #[must_use]
    pub(crate) fn fingerprint(&self) -> Fingerprint {
        let payment = &self.payment;
        let surprise = payment
            .surprise
            .as_ref()
            .map(|surprise| (surprise.reveal_on, &surprise.hidden_from));
        let parts = (
            self.household,
            &self.plan_token,
            (
                payment.from,
                payment.to,
                payment.amount.minor(),
                payment.amount.currency(),
            ),
            payment.date,
            &payment.note,
            surprise,
        );
        // Its own notation quotes texts, so the border between two of them does not move.
        Sha256::digest(format!("{parts:?}")).into()
    }

    /// The surprise that is settled, when the draft follows the plan that it names; without one, what the draft says.
    ///
    /// # Errors
    /// When the plan is outdated, or has no such transfer.
    pub(crate) fn follow(&self, plan: &Plan) -> Result<Option<Surprise>, SettlementRefusal> {
        let payment = &self.payment;
        let Some(token) = &self.plan_token else {
            return Ok(payment.surprise.clone());
        };
        if *token != plan.token {
            return Err(SettlementRefusal::Outdated(Box::new(plan.clone())));
        }
        let transfer = plan.transfers.iter().find(|transfer| {
            let same = match (&transfer.surprise, &payment.surprise) {
                // The moment is the plan's: the household may have moved to another time zone since it was fixed.
                (Some(planned), Some(said)) => {
                    (&planned.hidden_from, planned.reveal_on) == (&said.hidden_from, said.reveal_on)
                }
                (planned, said) => planned.is_none() && said.is_none(),
            };
            let fits = i128::from(payment.amount.minor()) <= transfer.minor;
            same && fits && (transfer.from, transfer.to) == (payment.from, payment.to)
        });
        match transfer {
            Some(transfer) => Ok(transfer.surprise.clone()),
            None => Err(SettlementRefusal::NotInPlan(Box::new(plan.clone()))),
        }
    }
}

impl Settlement {
    /// The first version of a new settlement.
    #[must_use]
    pub(crate) fn record(id: SettlementId, draft: &SettlementDraft, by: UserId, now: DateTime<Utc>) -> Self {
        Self {
            id,
            household: draft.household,
            creator: by,
            payment: draft.payment.clone(),
            voided_at: None,
            history: vec![SettlementChange {
                kind: ChangeKind::Created,
                by,
                at: now,
            }],
        }
    }

    /// Counts the changes, from 1.
    #[must_use]
    pub(crate) fn version(&self) -> i32 {
        i32::try_from(self.history.len()).unwrap_or(i32::MAX)
    }

    /// The settlement, voided or no longer; none when it is so already, whatever version was expected.
    ///
    /// # Errors
    /// When the caller may not, or it is another version.
    pub(crate) fn void(
        &self,
        voided: bool,
        expected: i32,
        by: &Viewer,
        now: DateTime<Utc>,
    ) -> Result<Option<Self>, SettlementRefusal> {
        if !may_change_in(by, self.household, self.creator) {
            return Err(SettlementRefusal::Forbidden);
        }
        if self.voided_at.is_some() == voided {
            return Ok(None);
        }
        if self.version() != expected {
            return Err(SettlementRefusal::Stale(Box::new(self.clone())));
        }
        if self.history.len() >= MOST_VERSIONS {
            return Err(SettlementRefusal::TooOften(Box::new(self.clone())));
        }
        let mut next = self.clone();
        next.voided_at = voided.then_some(now);
        next.history.push(SettlementChange {
            kind: if voided {
                ChangeKind::Voided
            } else {
                ChangeKind::Restored
            },
            by: by.user,
            at: now,
        });
        Ok(Some(next))
    }

    /// What it does to whose balance: who paid is owed more, and who was paid less.
    #[must_use]
    pub(crate) fn nets(&self) -> [(UserId, i64); 2] {
        let minor = self.payment.amount.minor();
        [(self.payment.from, minor), (self.payment.to, -minor)]
    }
}
