//! Time as a value that is passed in, so that a test can move it.

use chrono::{DateTime, SubsecRound, Utc};

/// Where the code asks what time it is.
pub trait Clock: Send + Sync + 'static {
    /// The present moment, in whole milliseconds, which is all that MongoDB keeps.
    fn now(&self) -> DateTime<Utc>;
}

/// The machine's own clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that asks the machine"
    )]
    fn now(&self) -> DateTime<Utc> {
        Utc::now().trunc_subsecs(3)
    }
}
