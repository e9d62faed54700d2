use std::sync::Mutex;
use std::time::Duration;

use chrono::{DateTime, Utc};
use constellation_shared::clock::Clock;

/// A clock that stands still until a test moves it.
#[derive(Debug)]
pub struct ManualClock(Mutex<DateTime<Utc>>);

impl ManualClock {
    /// A clock that stands at this moment, such as `2026-01-31T12:00:00Z`.
    ///
    /// # Panics
    /// When the text is no moment.
    pub fn at(moment: &str) -> Self {
        Self(Mutex::new(moment.parse().expect("a moment in RFC 3339")))
    }

    /// Moves the clock forward.
    ///
    /// # Panics
    /// When a test that held the clock panicked.
    pub fn advance(&self, by: Duration) {
        *self.0.lock().expect("no test panicked here") += by;
    }
}

impl Clock for ManualClock {
    fn now(&self) -> DateTime<Utc> {
        *self.0.lock().expect("no test panicked here")
    }
}
