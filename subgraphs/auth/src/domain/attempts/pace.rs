use std::time::Duration;

use super::scope::Scope;

/// What is tried. Each is counted apart from the others.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Action {
    /// A password is checked.
    SignIn,
    /// Somebody who is signed in says their password again. Strangers cannot, so what they do to the account's sign-ins is
    /// counted apart: it keeps nobody from changing their password.
    Proof,
    /// An account is made.
    Registration,
    /// A refresh token is checked that is not known to be good.
    Refresh,
    /// A mail is sent on a stranger's word: a password reset, a verification.
    Mail,
    /// The code of an invitation is tried.
    Invitation,
    /// Somebody has an invitation mailed; the account is theirs.
    Inviting,
    /// The same; the account is the household that it is into.
    InvitingInto,
    /// The same; the account is the address that it goes to.
    Invited,
}

/// How fast somebody may try. A counter rises with each attempt, and sinks with the time in which nobody has to wait;
/// while it is below `free` there is no wait, and from there on each attempt doubles the wait for the next.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Pace {
    /// How many attempts in a row bring the first wait.
    pub(crate) free: f64,
    /// The first wait.
    pub(crate) wait: Duration,
    /// The longest.
    pub(crate) longest: Duration,
    /// After how long without a wait one attempt is forgotten.
    pub(crate) forgets: Duration,
    /// How many failures in a row, with however long between them, close the counter.
    pub(crate) ceiling: Option<f64>,
}

/// How long a counter is closed that has reached its ceiling, and how long failures are in one row.
pub(crate) const CLOSED: Duration = Duration::from_hours(30 * 24);

/// How often in a row a password is guessed wrongly at most, by strangers: NIST SP 800-63B.
const CEILING: f64 = 100.;

impl Action {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Proof => "proof",
            Self::Registration => "registration",
            Self::Refresh => "refresh",
            Self::Mail => "mail",
            Self::Invitation => "invitation",
            Self::Inviting => "inviting",
            Self::InvitingInto => "inviting into",
            Self::Invited => "invited",
        }
    }

    /// How fast this may be tried; `None` where it is not counted.
    ///
    /// An account's wait reaches an hour with the 27th failure in a row, and stays there until the hundredth, the last that
    /// NIST SP 800-63B allows. Then only devices and addresses are let in that are known, or a new password by a mailed link.
    pub(super) const fn pace(self, scope: Scope) -> Option<Pace> {
        use Scope::{Account, AccountFromAddress, Address, Device};
        const SECOND: u64 = 1;
        const MINUTE: u64 = 60 * SECOND;
        const HOUR: u64 = 60 * MINUTE;
        let (free, wait, longest, forgets) = match (self, scope) {
            (Self::SignIn | Self::Invitation, Address) => (60., 2 * SECOND, 15 * MINUTE, MINUTE),
            (Self::SignIn, AccountFromAddress | Device)
            | (Self::Proof, Account)
            | (Self::Invitation, AccountFromAddress | Account) => (10., 10 * SECOND, HOUR, 30 * MINUTE),
            (Self::SignIn, Account) => (20., 30 * SECOND, HOUR, HOUR),
            (Self::Registration, Address) => (60., 5 * SECOND, 15 * MINUTE, MINUTE),
            (Self::Registration, AccountFromAddress) => (5., 30 * SECOND, HOUR, 30 * MINUTE),
            (Self::Registration, Account) => (10., 30 * SECOND, HOUR, HOUR),
            (Self::Refresh, Address) => (60., 2 * SECOND, 15 * MINUTE, 10 * SECOND),
            (Self::Mail, Address) => (30., 30 * SECOND, HOUR, 3 * MINUTE),
            (Self::Mail, AccountFromAddress) => (3., MINUTE, HOUR, HOUR),
            (Self::Mail, Account) => (5., MINUTE, HOUR, HOUR),
            // Nobody needs to mail strangers by the dozen, and whoever is in a hurry reads a code aloud.
            (Self::Inviting, Address) => (30., MINUTE, HOUR, 10 * MINUTE),
            (Self::Inviting, Account) => (10., 5 * MINUTE, 6 * HOUR, HOUR),
            (Self::InvitingInto, Account) => (20., 5 * MINUTE, 6 * HOUR, HOUR),
            (Self::Invited, Account) => (5., HOUR, 24 * HOUR, 6 * HOUR),
            (Self::Refresh, Account | AccountFromAddress | Device)
            | (Self::Registration | Self::Mail | Self::Invitation, Device)
            | (Self::Inviting, AccountFromAddress | Device)
            | (Self::Proof | Self::InvitingInto | Self::Invited, Address | AccountFromAddress | Device) => {
                return None;
            }
        };
        Some(Pace {
            free,
            wait: Duration::from_secs(wait),
            longest: Duration::from_secs(longest),
            forgets: Duration::from_secs(forgets),
            ceiling: match (self, scope) {
                (Self::SignIn, Account) => Some(CEILING),
                _ => None,
            },
        })
    }
}

impl Pace {
    /// So many times the budget: more at once, and sooner forgotten.
    pub(super) fn times(self, budget: u32) -> Self {
        Self {
            free: self.free * f64::from(budget),
            forgets: self.forgets / budget.max(1),
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_waits_an_hour_long_before_a_hundred_failures_in_a_row() {
        let pace = Action::SignIn.pace(Scope::Account).unwrap();
        let doublings = (pace.longest.as_secs_f64() / pace.wait.as_secs_f64())
            .log2()
            .ceil();
        assert!((pace.free + doublings - 27.).abs() < f64::EPSILON);
        assert_eq!(pace.longest, Duration::from_hours(1));
    }
}
