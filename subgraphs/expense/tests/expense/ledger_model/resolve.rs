//! What a wish comes to, once it is known who and what there is.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{Days, TimeDelta};
use proptest::sample::Index;

use super::rules::{
    Change, Hidden, Name, Operation, Owed, Part, Place, Settlement, Sight, Split, Terms, WHOLE, World,
};
use super::steps::{Edit, Money, Seen, Wish};

/// A transfer of a plan, as somebody was told of it.
#[derive(Debug, Clone)]
pub(crate) struct Transfer {
    pub(crate) token: String,
    pub(crate) currency: &'static str,
    pub(crate) from: Place,
    pub(crate) to: Place,
    pub(crate) minor: i64,
    pub(crate) hidden: Option<Hidden>,
    /// What everybody was owed when they were told.
    pub(crate) owed: Owed,
}

impl World {
    pub(crate) fn members(&self) -> Vec<Place> {
        (0..self.roles.len())
            .filter(|place| self.roles[*place].is_some())
            .collect()
    }

    /// Mostly a member, sometimes one of those who belong no more, or not yet.
    fn actor(&self, by: Index) -> Place {
        let members = self.members();
        let all = [members.clone(), members, (0..self.roles.len()).collect()].concat();
        *by.get(&all)
    }

    fn hidden(&self, people: impl Iterator<Item = Place>, days: u64) -> Option<Hidden> {
        let from: BTreeSet<Place> = people.collect();
        let today = (self.now + TimeDelta::hours(1)).date_naive();
        let until = today + Days::new(days);
        (!from.is_empty()).then_some(Hidden { from, until })
    }

    /// Hidden from these members, but for some people.
    fn surprise(&self, people: &[Index], days: u64, but: &[Place]) -> Option<Hidden> {
        let members = self.members();
        let people = people.iter().map(|person| *person.get(&members));
        self.hidden(people.filter(|person| !but.contains(person)), days)
    }

    /// An operation for a wish, if there is one that makes sense. The name is for what is recorded.
    pub(crate) fn resolve(
        &self,
        wish: &Wish,
        name: Name,
        told: impl Fn(Place, bool) -> Vec<Transfer>,
    ) -> Option<Operation> {
        Some(match wish {
            Wish::Record(by, money, seen) => {
                let by = self.actor(*by);
                let sight = match seen {
                    Seen::ByAll => Sight::Household,
                    Seen::ByMe => Sight::Private,
                    Seen::NotBy(people, days) => {
                        let hidden = self.surprise(people, *days, &[by]);
                        hidden.map_or(Sight::Household, Sight::Surprise)
                    }
                };
                let terms = self.terms(money, by, sight)?;
                Operation::Record { by, name, terms }
            }
            Wish::Edit {
                by,
                target,
                age,
                edit,
            } => self.edit_for(self.actor(*by), *target, *age, edit)?,
            Wish::Void {
                by,
                target,
                age,
                voided,
            } => {
                let name = pick(&self.expenses, *target)?;
                Operation::Void {
                    by: self.actor(*by),
                    name,
                    expected: aged(self.expenses[&name].versions.len(), *age),
                    voided: *voided,
                }
            }
            Wish::FollowPlan {
                by,
                transfer,
                part,
                old,
            } => {
                let by = self.actor(*by);
                let told = told(by, *old);
                let transfer = (!told.is_empty()).then(|| transfer.get(&told))?;
                let minor = if *part {
                    (transfer.minor / 2).max(1)
                } else {
                    transfer.minor
                };
                let payment = Settlement {
                    creator: by,
                    from: transfer.from,
                    to: transfer.to,
                    minor,
                    currency: transfer.currency,
                    hidden: transfer.hidden.clone(),
                    version: 1,
                    voided: false,
                };
                let plan = Some((transfer.token.clone(), transfer.owed.clone()));
                Operation::Settle { name, payment, plan }
            }
            Wish::Pay {
                by,
                people,
                minor,
                currency,
                hidden,
            } => {
                let (by, members) = (self.actor(*by), self.members());
                let [from, to] = people.map(|person| *person.get(&members));
                let hidden = hidden.and_then(|(person, days)| self.surprise(&[person], days, &[by]));
                let payment = Settlement {
                    creator: by,
                    from,
                    to,
                    minor: *minor,
                    currency,
                    hidden,
                    version: 1,
                    voided: false,
                };
                let plan = None;
                (from != to).then_some(Operation::Settle { name, payment, plan })?
            }
            Wish::VoidSettlement {
                by,
                target,
                age,
                voided,
            } => {
                let name = pick(&self.settlements, *target)?;
                Operation::VoidSettlement {
                    by: self.actor(*by),
                    name,
                    expected: aged(self.settlements[&name].version, *age),
                    voided: *voided,
                }
            }
        })
    }

    fn edit_for(&self, by: Place, target: Index, age: usize, edit: &Edit) -> Option<Operation> {
        let name = pick(&self.expenses, target)?;
        let expense = &self.expenses[&name];
        let expected = aged(expense.versions.len(), age);
        let (base, creator) = (&expense.versions[expected - 1], expense.creator);
        let parts = || base.split.iter().flat_map(|split| &split.parts);
        let mut by = by;
        let change = match edit {
            Edit::Category(category) => Change::Category(*category),
            Edit::Amount(minor) => {
                let exact = base.split.as_ref().is_some_and(|split| split.rule == "exact");
                (base.payers.len() == 1 && !exact).then_some(Change::Amount(*minor, base.currency))?
            }
            Edit::Money(money) => Change::Money(self.terms(money, creator, base.sight.clone())?),
            // Only whoever recorded it decides who sees it.
            Edit::Seen(seen) => {
                by = creator;
                Change::Sight(match seen {
                    Seen::ByAll => Sight::Household,
                    Seen::ByMe => {
                        let alone = base
                            .payers
                            .iter()
                            .chain(parts())
                            .all(|(person, _)| *person == creator);
                        alone.then_some(Sight::Private)?
                    }
                    Seen::NotBy(people, days) => {
                        let payers = base.payers.iter().map(|(person, _)| *person);
                        let but: Vec<Place> = payers.chain([creator]).collect();
                        Sight::Surprise(self.surprise(people, *days, &but)?)
                    }
                })
            }
        };
        Some(Operation::Edit {
            by,
            name,
            expected,
            change,
        })
    }

    fn terms(&self, money: &Money, creator: Place, sight: Sight) -> Option<Terms> {
        let members = self.members();
        let (payers, bearers) = match &sight {
            Sight::Household => (members.clone(), members),
            // Who has left may stay in what is theirs alone, but everybody else must be told that they are known.
            Sight::Private => (vec![creator], vec![creator]),
            Sight::Surprise(hidden) => {
                let payers = members.iter().copied();
                let payers = payers.filter(|person| !hidden.from.contains(person));
                (payers.collect(), members)
            }
        };
        let numbers = |people: &[(Index, i64)], among: &[Place]| -> Vec<Part> {
            let among = people
                .iter()
                .map(|(person, number)| (*person.get(among), *number));
            among.collect::<BTreeMap<_, _>>().into_iter().collect()
        };
        if payers.is_empty() || bearers.is_empty() {
            return None;
        }
        let split = money.rule.map(|rule| {
            let parts = numbers(&money.parts, &bearers);
            let parts = match rule {
                "equal" => parts.into_iter().map(|(person, _)| (person, 1)).collect(),
                "exact" => parted(money.minor, parts),
                "percent" => parted(WHOLE, parts),
                _ => parts,
            };
            Split { rule, parts }
        });
        Some(Terms {
            minor: money.minor,
            currency: money.currency,
            payers: parted(money.minor, numbers(&money.payers, &payers)),
            split,
            sight,
            category: None,
        })
    }
}

fn aged(version: usize, age: usize) -> usize {
    version.saturating_sub(age).max(1)
}

fn pick<T>(entries: &BTreeMap<Name, T>, target: Index) -> Option<Name> {
    let names: Vec<Name> = entries.keys().copied().collect();
    (!names.is_empty()).then(|| *target.get(&names))
}

/// The whole in parts about as large as these numbers, none of them nothing.
fn parted(whole: i64, mut parts: Vec<Part>) -> Vec<Part> {
    parts.truncate(usize::try_from(whole).unwrap_or(usize::MAX));
    let count = i64::try_from(parts.len()).unwrap();
    let sum: i64 = parts.iter().map(|(_, number)| number).sum();
    for (_, number) in &mut parts {
        *number = 1 + (whole - count) / sum * *number;
    }
    let given: i64 = parts.iter().map(|(_, number)| number).sum();
    parts[0].1 += whole - given;
    parts
}
