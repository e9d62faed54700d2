//! The rules of a household's ledger, written down the plain way: everything is worked out anew from all entries whenever
//! it is asked for.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, NaiveDate, TimeDelta, Utc};
use constellation_shared::household::Role;

/// One of the people, by the order of their ids.
pub(crate) type Place = usize;
/// An entry, by the order in which entries were wished for.
pub(crate) type Name = usize;
pub(crate) type Part = (Place, i64);

/// The parts of a smallest unit in which it is counted what somebody has absorbed: the least number that 1 to 20 divide.
const PARTS: i128 = 232_792_560;
/// All of an amount, in the numbers of a split by percentages.
pub(crate) const WHOLE: i64 = 100_000_000;

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Hidden {
    pub(crate) from: BTreeSet<Place>,
    pub(crate) until: NaiveDate,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Sight {
    Household,
    Private,
    Surprise(Hidden),
}

/// The rule of a split, as the graph names it in an input, and everybody's number.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Split {
    pub(crate) rule: &'static str,
    pub(crate) parts: Vec<Part>,
}

/// What an expense says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Terms {
    pub(crate) minor: i64,
    pub(crate) currency: &'static str,
    pub(crate) payers: Vec<Part>,
    pub(crate) split: Option<Split>,
    pub(crate) sight: Sight,
    pub(crate) category: Option<&'static str>,
}

/// What somebody bears: how much, with a leftover unit or not, and how much more than their part they had absorbed before
/// and absorb by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Share {
    pub(crate) member: Place,
    pub(crate) minor: i64,
    pub(crate) leftover: bool,
    pub(crate) before: i64,
    pub(crate) absorbed: i64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Expense {
    pub(crate) creator: Place,
    /// What each version said; the last is the present one.
    pub(crate) versions: Vec<Terms>,
    pub(crate) shares: Vec<Share>,
    pub(crate) voided: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settlement {
    pub(crate) creator: Place,
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) minor: i64,
    pub(crate) currency: &'static str,
    pub(crate) hidden: Option<Hidden>,
    pub(crate) version: usize,
    pub(crate) voided: bool,
}

/// What everybody is owed in a currency, but zeros, apart for everybody who sees it together.
pub(crate) type Owed = BTreeMap<(Option<Hidden>, Place), i64>;

#[derive(Debug, Clone)]
pub(crate) enum Change {
    Category(Option<&'static str>),
    /// A single payer pays the new amount then.
    Amount(i64, &'static str),
    Money(Terms),
    Sight(Sight),
}

#[derive(Debug, Clone)]
pub(crate) enum Operation {
    Record {
        by: Place,
        name: Name,
        terms: Terms,
    },
    Edit {
        by: Place,
        name: Name,
        expected: usize,
        change: Change,
    },
    Void {
        by: Place,
        name: Name,
        expected: usize,
        voided: bool,
    },
    Settle {
        name: Name,
        payment: Settlement,
        /// The plan that it follows, and what everybody was owed when it was made.
        plan: Option<(String, Owed)>,
    },
    VoidSettlement {
        by: Place,
        name: Name,
        expected: usize,
        voided: bool,
    },
}

/// What is told to whoever asks: the version, or why not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Answer {
    Version(usize),
    Refused(String),
}

/// Everything that is the case.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct World {
    pub(crate) now: DateTime<Utc>,
    pub(crate) roles: Vec<Option<Role>>,
    pub(crate) expenses: BTreeMap<Name, Expense>,
    pub(crate) settlements: BTreeMap<Name, Settlement>,
}

fn refused(code: &str) -> Answer {
    Answer::Refused(code.to_owned())
}

impl Change {
    pub(crate) fn apply(&self, base: &Terms) -> Terms {
        let mut terms = base.clone();
        match self {
            Self::Category(category) => terms.category = *category,
            Self::Amount(minor, _) => {
                terms.minor = *minor;
                terms.payers[0].1 = *minor;
            }
            Self::Money(money) => {
                terms = Terms {
                    sight: base.sight.clone(),
                    category: base.category,
                    ..money.clone()
                }
            }
            Self::Sight(sight) => terms.sight = sight.clone(),
        }
        terms
    }
}

impl Expense {
    pub(crate) fn terms(&self) -> &Terms {
        self.versions.last().unwrap()
    }

    /// What everybody is owed by it.
    pub(crate) fn nets(&self) -> BTreeMap<Place, i64> {
        let mut nets = BTreeMap::new();
        for (member, minor) in &self.terms().payers {
            *nets.entry(*member).or_default() += minor;
        }
        for share in &self.shares {
            *nets.entry(share.member).or_default() -= share.minor;
        }
        nets.retain(|_, minor| *minor != 0);
        nets
    }

    pub(crate) fn hidden(&self) -> Option<&Hidden> {
        match &self.terms().sight {
            Sight::Surprise(hidden) => Some(hidden),
            _ => None,
        }
    }
}

impl World {
    /// A surprise ends where the household is: its day begins at 23 o'clock of the day before in UTC, all year.
    fn is_over(&self, hidden: &Hidden) -> bool {
        self.now >= hidden.until.and_hms_opt(0, 0, 0).unwrap().and_utc() - TimeDelta::hours(1)
    }

    fn hides(&self, hidden: Option<&Hidden>, from: Place) -> bool {
        hidden.is_some_and(|hidden| !self.is_over(hidden) && hidden.from.contains(&from))
    }

    pub(crate) fn sees(&self, observer: Place, expense: &Expense) -> bool {
        let (mine, sight) = (expense.creator == observer, &expense.terms().sight);
        self.roles[observer].is_some()
            && (mine || (*sight != Sight::Private && !self.hides(expense.hidden(), observer)))
    }

    pub(crate) fn sees_settlement(&self, observer: Place, settlement: &Settlement) -> bool {
        self.roles[observer].is_some() && !self.hides(settlement.hidden.as_ref(), observer)
    }

    /// What everybody is owed, by currency, as far as the observer may know it.
    pub(crate) fn owed(&self, observer: Place) -> BTreeMap<&'static str, Owed> {
        let mut owed: BTreeMap<&'static str, Owed> = BTreeMap::new();
        let mut add = |currency, hidden: Option<&Hidden>, member, minor| {
            let hidden = hidden.filter(|hidden| !self.is_over(hidden)).cloned();
            *owed
                .entry(currency)
                .or_default()
                .entry((hidden, member))
                .or_default() += minor;
        };
        for expense in self.expenses.values() {
            if !expense.voided && self.sees(observer, expense) {
                for (member, minor) in expense.nets() {
                    add(expense.terms().currency, expense.hidden(), member, minor);
                }
            }
        }
        for settlement in self.settlements.values() {
            if !settlement.voided && self.sees_settlement(observer, settlement) {
                let hidden = settlement.hidden.as_ref();
                add(settlement.currency, hidden, settlement.from, settlement.minor);
                add(settlement.currency, hidden, settlement.to, -settlement.minor);
            }
        }
        for owed in owed.values_mut() {
            owed.retain(|_, minor| *minor != 0);
        }
        owed.retain(|_, owed| !owed.is_empty());
        owed
    }

    /// What everybody has absorbed in a currency by what all may see, but for one expense.
    pub(crate) fn absorbed(&self, currency: &str, but: Option<Name>) -> BTreeMap<Place, i64> {
        let mut absorbed = BTreeMap::new();
        for (name, expense) in &self.expenses {
            let terms = expense.terms();
            if Some(*name) != but
                && !expense.voided
                && terms.currency == currency
                && terms.sight == Sight::Household
            {
                for share in &expense.shares {
                    *absorbed.entry(share.member).or_default() += share.absorbed;
                }
            }
        }
        absorbed.retain(|_, parts| *parts != 0);
        absorbed
    }

    /// Who bears how much: everybody the whole units of their part, and who is the furthest behind a unit that is left.
    fn shares(&self, name: Name, terms: &Terms) -> Vec<Share> {
        let plain = |&(member, minor): &Part| Share {
            member,
            minor,
            leftover: false,
            before: 0,
            absorbed: 0,
        };
        let Some(Split { rule, parts }) = &terms.split else {
            return terms.payers.iter().map(plain).collect();
        };
        if *rule == "exact" {
            return parts.iter().map(plain).collect();
        }
        let all: i128 = parts.iter().map(|(_, number)| i128::from(*number)).sum();
        let absorbed = self.absorbed(terms.currency, Some(name));
        let mut shares = Vec::new();
        for (member, number) in parts {
            let exact = i128::from(terms.minor) * i128::from(*number);
            shares.push(Share {
                member: *member,
                minor: i64::try_from(exact / all).unwrap(),
                leftover: false,
                before: absorbed.get(member).copied().unwrap_or(0),
                absorbed: -i64::try_from(exact % all * PARTS / all).unwrap(),
            });
        }
        for _ in shares.iter().map(|share| share.minor).sum::<i64>()..terms.minor {
            let waiting = shares
                .iter_mut()
                .filter(|share| share.absorbed < 0 && !share.leftover);
            let next = waiting.min_by_key(|share| (share.before + share.absorbed, share.member));
            let next = next.unwrap();
            next.minor += 1;
            next.leftover = true;
            next.absorbed += i64::try_from(PARTS).unwrap();
        }
        shares
    }

    fn may_change(&self, by: Place, creator: Place) -> bool {
        match self.roles[by] {
            Some(Role::Owner | Role::Adult) => true,
            Some(Role::Child) => by == creator,
            Some(Role::Viewer) | None => false,
        }
    }

    /// What comes of an operation.
    pub(crate) fn perform(&self, operation: &Operation) -> (Self, Answer) {
        let mut world = self.clone();
        let answer = match operation {
            Operation::Record { by, name, terms } => world.record(*by, *name, terms),
            Operation::Edit {
                by,
                name,
                expected,
                change,
            } => world.edit(*by, *name, *expected, change),
            Operation::Void {
                by,
                name,
                expected,
                voided,
            } => world.void(*by, *name, *expected, *voided),
            Operation::Settle { name, payment, plan } => world.settle(*name, payment, plan.as_ref()),
            Operation::VoidSettlement {
                by,
                name,
                expected,
                voided,
            } => world.void_settlement(*by, *name, *expected, *voided),
        };
        (world, answer)
    }

    fn record(&mut self, by: Place, name: Name, terms: &Terms) -> Answer {
        match self.roles[by] {
            None => return refused("NOT_FOUND"),
            Some(role) => {
                if let Some(earlier) = self.expenses.get(&name) {
                    return Answer::Version(earlier.versions.len());
                }
                if role == Role::Viewer {
                    return refused("FORBIDDEN");
                }
            }
        }
        let expense = Expense {
            creator: by,
            shares: self.shares(name, terms),
            versions: vec![terms.clone()],
            voided: false,
        };
        self.expenses.insert(name, expense);
        Answer::Version(1)
    }

    fn edit(&mut self, by: Place, name: Name, expected: usize, change: &Change) -> Answer {
        let Some(expense) = self.expenses.get(&name).filter(|expense| self.sees(by, expense)) else {
            return refused("NOT_FOUND");
        };
        if !self.may_change(by, expense.creator) {
            return refused("FORBIDDEN");
        }
        if expense.voided {
            return refused("VOIDED");
        }
        let Some(base) = expense.versions.get(expected - 1) else {
            return refused("CONFLICT");
        };
        let (yours, theirs) = (change.apply(base), expense.terms());
        let mut next = yours.clone();
        if expected != expense.versions.len() {
            let parted = |same: [bool; 2]| same == [false, false];
            let money = parted([
                (yours.minor, yours.currency) == (base.minor, base.currency),
                (yours.minor, yours.currency) == (theirs.minor, theirs.currency),
            ]) || parted([yours.payers == base.payers, yours.payers == theirs.payers])
                || parted([yours.split == base.split, yours.split == theirs.split])
                || parted([yours.sight == base.sight, yours.sight == theirs.sight]);
            let words = theirs.category != base.category
                && parted([yours.category == base.category, yours.category == theirs.category]);
            if money || words {
                return refused("CONFLICT");
            }
            next = theirs.clone();
            if theirs.category == base.category {
                next.category = yours.category;
            }
        }
        if next == *theirs {
            return Answer::Version(expense.versions.len());
        }
        let worked_out = |terms: &Terms| {
            let payers = terms.split.is_none().then(|| terms.payers.clone());
            (terms.minor, terms.currency, terms.split.clone(), payers)
        };
        let shares = if worked_out(&next) == worked_out(theirs) {
            expense.shares.clone()
        } else {
            self.shares(name, &next)
        };
        let expense = self.expenses.get_mut(&name).unwrap();
        expense.shares = shares;
        expense.versions.push(next);
        Answer::Version(expense.versions.len())
    }

    fn void(&mut self, by: Place, name: Name, expected: usize, voided: bool) -> Answer {
        let Some(expense) = self.expenses.get(&name).filter(|expense| self.sees(by, expense)) else {
            return refused("NOT_FOUND");
        };
        if !self.may_change(by, expense.creator) {
            return refused("FORBIDDEN");
        }
        let version = expense.versions.len();
        if expense.voided != voided {
            if version != expected {
                return refused("CONFLICT");
            }
            let expense = self.expenses.get_mut(&name).unwrap();
            expense.voided = voided;
            expense.versions.push(expense.terms().clone());
            return Answer::Version(version + 1);
        }
        Answer::Version(version)
    }

    fn settle(&mut self, name: Name, payment: &Settlement, plan: Option<&(String, Owed)>) -> Answer {
        match self.roles[payment.creator] {
            None => return refused("NOT_FOUND"),
            Some(role) => {
                if let Some(earlier) = self.settlements.get(&name) {
                    return Answer::Version(earlier.version);
                }
                let theirs = payment.from == payment.creator;
                if role == Role::Viewer || role == Role::Child && !theirs {
                    return refused("FORBIDDEN");
                }
            }
        }
        if let Some((_, owed)) = plan
            && self.owed(payment.creator).get(payment.currency) != Some(owed)
        {
            return refused("PLAN_OUTDATED");
        }
        self.settlements.insert(name, payment.clone());
        Answer::Version(1)
    }

    fn void_settlement(&mut self, by: Place, name: Name, expected: usize, voided: bool) -> Answer {
        let found = self.settlements.get(&name);
        let Some(settlement) = found.filter(|settlement| self.sees_settlement(by, settlement)) else {
            return refused("NOT_FOUND");
        };
        if !self.may_change(by, settlement.creator) {
            return refused("FORBIDDEN");
        }
        if settlement.voided == voided {
            return Answer::Version(settlement.version);
        }
        if settlement.version != expected {
            return refused("CONFLICT");
        }
        let settlement = self.settlements.get_mut(&name).unwrap();
        settlement.voided = voided;
        settlement.version += 1;
        Answer::Version(settlement.version)
    }
}
