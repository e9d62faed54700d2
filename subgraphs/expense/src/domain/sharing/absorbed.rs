use std::collections::BTreeMap;

use constellation_shared::id::UserId;

use super::Share;
use crate::domain::{Change, Contents, Currency, Expense};

/// So many parts a smallest unit has where it is counted how much somebody has absorbed: the least number that 1 to 20 all
/// divide, so that equal parts among as many people as a household can have are whole.
pub(crate) const UNITS: i64 = 232_792_560;

/// How much more than their exact parts the members of a household have borne so far, in [`UNITS`] of a smallest unit, of
/// each currency: what decides who gets the units that a split leaves over.
///
/// It counts what is not voided and what everybody sees. What is hidden from somebody uses it and leaves it as it is,
/// because a count that moves without a cause that one can see would give away that something is hidden.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Absorbed(BTreeMap<(Currency, UserId), i64>);

impl Absorbed {
    /// How much this member has absorbed.
    #[must_use]
    pub(crate) fn of(&self, currency: Currency, member: UserId) -> i64 {
        self.0.get(&(currency, member)).copied().unwrap_or(0)
    }

    /// Everything but zeros.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (Currency, UserId, i64)> {
        let counts = self.0.iter().filter(|(_, units)| **units != 0);
        counts.map(|((currency, member), units)| (*currency, *member, *units))
    }

    /// Puts the next version of an expense in the place of the one before: works its shares out if they are not yet, and
    /// counts them.
    ///
    /// Shares that were worked out stay as they are until the amount or the split changes, whoever absorbs what meanwhile.
    pub(crate) fn post(&mut self, before: Option<&Expense>, next: &mut Expense, change: &mut Change) {
        if let Some(before) = before {
            self.count(before, -1);
        }
        let amount = next.contents.amount;
        if let Some(sharing) = next.contents.sharing.as_mut()
            && sharing.shares.is_empty()
        {
            sharing.shares = sharing.work_out(amount, self);
        }
        self.count(next, 1);
        change.after = next.contents.clone();
    }

    /// Works out what the shares of these contents would be, were they written in the place of what the expense says now.
    pub(crate) fn preview(mut self, present: &Expense, contents: &mut Contents) {
        self.count(present, -1);
        if let Some(sharing) = contents.sharing.as_mut()
            && sharing.shares.is_empty()
        {
            sharing.shares = sharing.work_out(contents.amount, &self);
        }
    }

    fn count(&mut self, expense: &Expense, times: i64) {
        let Some(sharing) = &expense.contents.sharing else {
            return;
        };
        if expense.voided_at.is_some() || sharing.visibility.is_restricted() {
            return;
        }
        let currency = expense.contents.amount.currency();
        for Share { member, absorbed, .. } in &sharing.shares {
            let count = self.0.entry((currency, *member)).or_default();
            *count = count.saturating_add(times * absorbed);
        }
    }
}

impl FromIterator<(Currency, UserId, i64)> for Absorbed {
    fn from_iter<T: IntoIterator<Item = (Currency, UserId, i64)>>(counts: T) -> Self {
        let counts = counts.into_iter();
        Self(
            counts
                .map(|(currency, member, units)| ((currency, member), units))
                .collect(),
        )
    }
}
