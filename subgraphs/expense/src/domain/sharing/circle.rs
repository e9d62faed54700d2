use std::collections::BTreeSet;

use chrono::{DateTime, NaiveTime, TimeDelta, TimeZone as _, Utc};
use chrono_tz::Tz;
use constellation_shared::household::Membership;
use constellation_shared::id::UserId;

use super::{RawVisibility, Sharing, Surprise, Visibility, VisibilityKind};
use crate::domain::Date;
use crate::domain::violation::{Field, Rule, Violations};

/// No surprise is kept longer than this.
const LONGEST_SURPRISE: TimeDelta = TimeDelta::days(366);

/// The people among whom something is shared, as whoever writes it may name them.
#[derive(Debug)]
pub(crate) struct Circle<'a> {
    /// The household, as the writer's token describes it.
    pub household: &'a Membership,
    /// Who writes.
    pub writer: UserId,
    /// Who recorded it first.
    pub creator: UserId,
    /// What it said before, whose people may stay in it when they have left the household.
    pub before: Option<&'a Sharing>,
    /// Now.
    pub now: DateTime<Utc>,
}

impl Circle<'_> {
    /// The people who are named at these places, each once.
    pub(super) fn people(
        &self,
        names: impl IntoIterator<Item = String>,
        at: impl Fn(usize) -> Field,
        wrong: &mut Violations,
    ) -> Option<Vec<UserId>> {
        let mut seen = BTreeSet::new();
        let mut people = Vec::new();
        let mut complete = true;
        for (place, name) in names.into_iter().enumerate() {
            let rule = match name.parse() {
                Ok(member) if !self.has(member) => Rule::NotAMember,
                Ok(member) if !seen.insert(member) => Rule::Repeated,
                Ok(member) => {
                    people.push(member);
                    continue;
                }
                Err(_) => Rule::NotAMember,
            };
            wrong.add(at(place), rule);
            complete = false;
        }
        complete.then_some(people)
    }

    fn has(&self, member: UserId) -> bool {
        self.household.members.contains_key(&member) || self.before.is_some_and(|before| before.names(member))
    }

    /// The visibility that is asked for.
    pub(super) fn visibility(&self, raw: RawVisibility, wrong: &mut Violations) -> Option<Visibility> {
        // Whoever sends back a whole form changes nothing by what it says already.
        if let Some(before) = self.before
            && raw.says(&before.visibility)
        {
            return Some(before.visibility.clone());
        }
        if self.writer != self.creator {
            wrong.add(Field::Visibility, Rule::NotCreator);
            return None;
        }
        match (raw.kind, raw.surprise) {
            (VisibilityKind::Household, None) => Some(Visibility::Household),
            (VisibilityKind::Private, None) => Some(Visibility::Private),
            (VisibilityKind::Surprise, Some((hidden_from, reveal_on))) => self
                .surprise(hidden_from, reveal_on, wrong)
                .map(Visibility::Surprise),
            (VisibilityKind::Surprise, None) => {
                wrong.add(Field::Visibility, Rule::SurpriseMissing);
                None
            }
            (_, Some(_)) => {
                wrong.add(Field::Visibility, Rule::NoSurprise);
                None
            }
        }
    }

    /// The surprise that is asked for.
    pub(in crate::domain) fn surprise(
        &self,
        hidden_from: Vec<String>,
        reveal_on: Date,
        wrong: &mut Violations,
    ) -> Option<Surprise> {
        if hidden_from.is_empty() {
            wrong.add(Field::HiddenFrom(None), Rule::Required);
            return None;
        }
        let people = self.people(hidden_from, |place| Field::HiddenFrom(Some(place)), wrong);
        let reveal_at = self.beginning_of(reveal_on);
        let rule = match reveal_at {
            Some(at) if at <= self.now => Some(Rule::RevealNotLater),
            Some(at) if at > self.now + LONGEST_SURPRISE => Some(Rule::RevealTooFar),
            Some(_) => None,
            None => Some(Rule::RevealTooFar),
        };
        if let Some(rule) = rule {
            wrong.add(Field::RevealOn, rule);
            return None;
        }
        let mut hidden_from = people?;
        hidden_from.sort_unstable();
        Some(Surprise {
            hidden_from,
            reveal_on,
            reveal_at: reveal_at?,
        })
    }

    /// The surprise that a plan's transfer names. Whether the plan does name it, and when it is revealed, the plan knows: it
    /// may be hidden from somebody who has left.
    pub(in crate::domain) fn planned_surprise(
        &self,
        hidden_from: Vec<String>,
        reveal_on: Date,
        wrong: &mut Violations,
    ) -> Option<Surprise> {
        let mut people = BTreeSet::new();
        for (place, name) in hidden_from.into_iter().enumerate() {
            let Ok(person) = name.parse() else {
                wrong.add(Field::HiddenFrom(Some(place)), Rule::NotAMember);
                return None;
            };
            people.insert(person);
        }
        Some(Surprise {
            hidden_from: people.into_iter().collect(),
            reveal_on,
            reveal_at: self.beginning_of(reveal_on).unwrap_or(self.now),
        })
    }

    /// The moment at which a day begins where the household is.
    fn beginning_of(&self, day: Date) -> Option<DateTime<Utc>> {
        // A zone that our table does not know yet is one that auth's does: its days begin at another hour, not never.
        let zone: Tz = self.household.zone.parse().unwrap_or(Tz::UTC);
        let midnight = day.naive().and_time(NaiveTime::MIN);
        // Where a clock is put forward at midnight, the day begins an hour later.
        [0, 1, 2, 3, 24].into_iter().find_map(|hours| {
            let begin = midnight.checked_add_signed(TimeDelta::hours(hours))?;
            Some(zone.from_local_datetime(&begin).earliest()?.to_utc())
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use constellation_shared::household::HouseholdId;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn a_day_begins_where_the_household_is() {
        for (zone, day, moment) in [
            ("Europe/Berlin", "2026-12-24", "2026-12-23T23:00:00Z"),
            ("America/New_York", "2026-12-24", "2026-12-24T05:00:00Z"),
            ("Pacific/Kiritimati", "2026-12-24", "2026-12-23T10:00:00Z"),
            // Clocks go forward at midnight here: the day begins at one.
            ("America/Asuncion", "2023-10-01", "2023-10-01T04:00:00Z"),
            // And back here: the day begins the first time that it is midnight.
            ("America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"),
        ] {
            let writer = UserId::from_uuid(Uuid::from_u128(1));
            let household = Membership {
                id: HouseholdId::from_uuid(Uuid::from_u128(2)),
                currency: "EUR".into(),
                zone: zone.into(),
                members: BTreeMap::new(),
            };
            let circle = Circle {
                household: &household,
                writer,
                creator: writer,
                before: None,
                now: DateTime::UNIX_EPOCH,
            };
            let begins = circle.beginning_of(day.parse().unwrap()).unwrap();
            assert_eq!(begins, moment.parse::<DateTime<Utc>>().unwrap(), "{zone}");
        }
    }
}
