use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::error::ApiError;
use crate::id::UserId;

/// How many subscriptions a process answers at once. Each keeps a connection, and there must be some left for questions.
const MOST: usize = 300;
/// How many of them one person may have: a few devices, each with a few windows.
const MOST_OF_ONE: usize = 20;
/// When to look again whether there is a place.
const LATER: Duration = Duration::from_secs(5);

/// The places that there are for subscriptions.
#[derive(Clone, Default)]
pub(super) struct Places(Arc<Mutex<Taken>>);

#[derive(Default)]
struct Taken {
    all: usize,
    by: HashMap<UserId, usize>,
}

/// A place that is taken until this is dropped.
pub(super) struct Place {
    places: Places,
    by: Option<UserId>,
}

impl Places {
    /// Takes a place for this person.
    ///
    /// # Errors
    /// `UNAVAILABLE` when all are taken, `RATE_LIMITED` when this person has had their share.
    pub(super) fn take(&self, by: Option<UserId>) -> Result<Place, ApiError> {
        let mut taken = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if taken.all >= MOST {
            return Err(ApiError::overloaded(LATER));
        }
        if let Some(person) = by {
            let theirs = taken.by.entry(person).or_default();
            if *theirs >= MOST_OF_ONE {
                return Err(ApiError::too_many_subscriptions(MOST_OF_ONE, LATER));
            }
            *theirs += 1;
        }
        taken.all += 1;
        drop(taken);
        Ok(Place {
            places: self.clone(),
            by,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut taken = self.places.0.lock().unwrap_or_else(PoisonError::into_inner);
        taken.all = taken.all.saturating_sub(1);
        if let Some(person) = self.by
            && let Entry::Occupied(mut theirs) = taken.by.entry(person)
        {
            *theirs.get_mut() -= 1;
            if *theirs.get() == 0 {
                theirs.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn person(number: u128) -> UserId {
        UserId::from_uuid(Uuid::from_u128(number))
    }

    #[test]
    fn one_person_cannot_take_every_place() {
        let places = Places::default();
        let mut taken: Vec<_> = (0..MOST_OF_ONE)
            .map(|_| places.take(Some(person(1))).ok().unwrap())
            .collect();
        assert!(places.take(Some(person(1))).is_err());
        assert!(places.take(Some(person(2))).is_ok());
        taken.pop();
        assert!(places.take(Some(person(1))).is_ok());
    }

    #[test]
    fn a_place_that_is_left_can_be_taken_again() {
        let places = Places::default();
        let mut taken: Vec<_> = (0..MOST as u128)
            .map(|number| places.take(Some(person(number))).ok().unwrap())
            .collect();
        assert!(places.take(Some(person(u128::MAX))).is_err());
        taken.clear();
        assert!(places.take(Some(person(u128::MAX))).is_ok());
        assert!(places.0.lock().unwrap().by.is_empty());
    }
}
