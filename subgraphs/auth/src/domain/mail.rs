use chrono::{DateTime, TimeDelta, Utc};
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::id::{Id, UserId};
use serde::{Deserialize, Serialize};

use super::{Device, InvitationId};

/// Marks the ids of mails.
pub(crate) enum MailMark {}

/// One mail. Those that are asked for later sort later.
pub(crate) type MailId = Id<MailMark>;

/// Marks the ids of changes of address.
pub(crate) enum EmailChangeMark {}

/// One wish to change the address of an account.
pub(crate) type EmailChangeId = Id<EmailChangeMark>;

/// A mail that is to be sent: not its text, which is made when it is sent, but what it is about. So nothing in the
/// database ever lets its reader use a link.
#[derive(Debug, Clone)]
pub(crate) struct Mail {
    pub(crate) id: MailId,
    /// The address that it goes to.
    pub(crate) to: String,
    pub(crate) occasion: Occasion,
    pub(crate) created_at: DateTime<Utc>,
    /// How often it was tried to send it.
    pub(crate) attempts: u32,
}

/// What a mail is about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Occasion {
    /// The owner of an account is to prove that the address is theirs.
    Verification { user: UserId },
    /// Somebody wanted this address for an account, and it has one. Its owner gets a link to set a password.
    AddressInUse,
    /// Somebody asked for a new password for the account of this address, if it has one: to look that up is left to
    /// whoever sends the mail, so that the request takes the same time for all addresses. So is writing it into the
    /// history of whoever has the address, which needs to know where it was asked.
    PasswordReset {
        /// Missing in mails that were stored before it was kept.
        #[serde(default)]
        asker: Device,
    },
    /// A password was changed, or set by a link.
    PasswordChanged { user: UserId },
    /// The owner of an account wants to leave this address for a new one.
    LeaveAddress {
        user: UserId,
        change: EmailChangeId,
        new: String,
    },
    /// The owner of an account wants to move it to this address.
    TakeAddress { user: UserId, change: EmailChangeId },
    /// An account has moved away from this address.
    AddressLeft { user: UserId, new: String },
    /// The owner of an account wants it deleted.
    DeletionPlanned { user: UserId },
    /// An account was erased, in the same step in which this is written. It is the last of that person that is kept, and
    /// goes as soon as it is sent or given up.
    AccountDeleted,
    /// Somebody is invited into a household. Whether the address has an account is looked up by nobody.
    Invitation { invitation: InvitationId },
}

/// For how long a worker that has taken a mail has it for itself. Sending is given up before.
pub(crate) const LEASE: TimeDelta = TimeDelta::minutes(5);

/// A mail that could not be sent for so long is given up.
const PATIENCE: TimeDelta = TimeDelta::days(3);

/// How long a mail is remembered after it was sent or given up.
pub(crate) const REMEMBERED: TimeDelta = TimeDelta::days(30);

impl Mail {
    /// A new mail, not written yet.
    pub(crate) fn new(to: &str, occasion: Occasion, clock: &dyn Clock, entropy: &dyn Entropy) -> Self {
        Self {
            id: MailId::generate(clock, entropy),
            to: to.to_owned(),
            occasion,
            created_at: clock.now(),
            attempts: 0,
        }
    }

    /// When to try again after a failure now: first after half a minute, then each time after twice as long, up to an
    /// hour. `None` when it has been tried for long enough.
    pub(crate) fn next_attempt(&self, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let doublings = self.attempts.saturating_sub(1).min(7);
        let wait = TimeDelta::seconds(30 << doublings).min(TimeDelta::hours(1));
        (now - self.created_at < PATIENCE).then(|| now + wait)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_between_attempts_grows_up_to_an_hour_and_ends_after_three_days() {
        let created_at: DateTime<Utc> = "2100-01-31T12:00:00Z".parse().unwrap();
        let mut mail = Mail {
            id: MailId::from_bytes([1; 16]),
            to: "ana@example.org".into(),
            occasion: Occasion::PasswordReset {
                asker: Device::default(),
            },
            created_at,
            attempts: 0,
        };
        let (mut now, mut waits) = (created_at, Vec::new());
        for _ in 0..100 {
            mail.attempts += 1;
            if let Some(next) = mail.next_attempt(now) {
                waits.push((next - now).num_seconds());
                now = next;
            }
        }
        assert_eq!(waits[..9], [30, 60, 120, 240, 480, 960, 1_920, 3_600, 3_600]);
        assert!(waits[8..].iter().all(|wait| *wait == 3_600));
        assert!((now - created_at) >= TimeDelta::days(3));
        assert!((now - created_at) < TimeDelta::hours(74));
    }
}
