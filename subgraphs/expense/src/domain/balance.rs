use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use constellation_shared::id::UserId;

use super::money::{Currency, Decimal};
use super::sharing::Surprise;

/// What somebody is owed in one currency, as far as one viewer sees it and among those who see it together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct BalanceRow {
    /// The currency.
    pub currency: Currency,
    /// Who.
    pub member: UserId,
    /// How much, in smallest units: less than zero when they owe it. It may be more than one amount can be.
    pub minor: i128,
    /// The surprise that it belongs to.
    pub surprise: Option<Surprise>,
}

/// All balances of a household that one member may see.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Balances(BTreeMap<(Currency, Option<Surprise>, UserId), i128>);

/// What is owed among those who see it together: with the surprise that it belongs to.
pub(super) type Group = (Option<Surprise>, Vec<(UserId, i128)>);

/// What somebody is owed in one currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Balance {
    /// The currency.
    pub currency: Currency,
    /// Who.
    pub member: UserId,
    /// How much, in smallest units.
    pub minor: i128,
}

impl Balances {
    /// The balances of these rows at this time: surprises that have been revealed count with all else.
    #[must_use]
    pub(crate) fn new(rows: impl IntoIterator<Item = BalanceRow>, now: DateTime<Utc>) -> Self {
        let mut balances = Self::default();
        for row in rows {
            let surprise = row.surprise.filter(|surprise| surprise.reveal_at > now);
            balances.add(row.currency, surprise, row.member, row.minor);
        }
        balances
    }

    /// Adds to what somebody is owed.
    pub(crate) fn add(
        &mut self,
        currency: Currency,
        surprise: Option<Surprise>,
        member: UserId,
        minor: i128,
    ) {
        *self.0.entry((currency, surprise, member)).or_default() += minor;
    }

    /// What everybody is owed in every currency, but zeros: by currency, then by id.
    #[must_use]
    pub(crate) fn of_members(&self) -> Vec<Balance> {
        let mut sums: BTreeMap<(Currency, UserId), i128> = BTreeMap::new();
        for ((currency, _, member), minor) in &self.0 {
            *sums.entry((*currency, *member)).or_default() += minor;
        }
        let sums = sums.into_iter().filter(|(_, minor)| *minor != 0);
        sums.map(|((currency, member), minor)| Balance {
            currency,
            member,
            minor,
        })
        .collect()
    }

    /// How many sums they are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether anything was ever posted to this person.
    #[must_use]
    pub(crate) fn knows(&self, person: UserId) -> bool {
        self.0.keys().any(|(_, _, member)| *member == person)
    }

    /// The currencies in which somebody is owed something, in order.
    #[must_use]
    pub(crate) fn currencies(&self) -> Vec<Currency> {
        let mut currencies: Vec<Currency> = self
            .0
            .iter()
            .filter(|(_, minor)| **minor != 0)
            .map(|((currency, ..), _)| *currency)
            .collect();
        currencies.dedup();
        currencies
    }

    /// What is owed in a currency, but zeros, apart for everybody who sees it together.
    #[must_use]
    pub(super) fn groups(&self, currency: Currency) -> Vec<Group> {
        let mut groups: Vec<Group> = Vec::new();
        let rows = self
            .0
            .iter()
            .filter(|((of, ..), minor)| *of == currency && **minor != 0);
        for ((_, surprise, member), minor) in rows {
            match groups.last_mut() {
                Some((group, members)) if group == surprise => members.push((*member, *minor)),
                _ => groups.push((surprise.clone(), vec![(*member, *minor)])),
            }
        }
        groups
    }
}

impl Balance {
    /// The balance in the currency's main unit.
    #[must_use]
    pub(crate) const fn amount(&self) -> Decimal {
        Decimal::new(self.minor, self.currency.exponent())
    }
}
