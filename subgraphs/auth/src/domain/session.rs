use std::net::IpAddr;

use chrono::{DateTime, TimeDelta, Utc};
use constellation_shared::id::{SessionId, UserId};
use serde::{Deserialize, Serialize};

use super::{Attempter, TokenHash};

/// How long things of a session last.
pub(crate) struct Lifetimes {
    /// An access token.
    pub(crate) access: TimeDelta,
    /// A refresh token that is not used.
    pub(crate) idle: TimeDelta,
    /// A session, however often it is refreshed.
    pub(crate) absolute: TimeDelta,
    /// How long after a refresh its token may be presented again, and gives the same successor.
    pub(crate) retry: TimeDelta,
}

/// Ours.
pub(crate) const LIFETIMES: Lifetimes = Lifetimes {
    access: TimeDelta::minutes(15),
    idle: TimeDelta::days(7),
    absolute: TimeDelta::days(90),
    retry: TimeDelta::seconds(10),
};

/// One signed-in device of one person.
///
/// The session counts its refresh tokens: each refresh makes the next generation. Only the hashes of the current token
/// and of its parent are kept. Order is decided by generations alone; clocks only end things.
#[derive(Debug, Clone)]
pub(crate) struct Session {
    pub(crate) id: SessionId,
    pub(crate) user: UserId,
    pub(crate) device: Device,
    pub(crate) created_at: DateTime<Utc>,
    /// The number of the current refresh token, from 0.
    pub(crate) generation: u32,
    /// Which key the current refresh token was derived with.
    pub(crate) key_id: String,
    pub(crate) current: TokenHash,
    pub(crate) parent: Option<TokenHash>,
    /// When the current refresh token was made.
    pub(crate) rotated_at: DateTime<Utc>,
    /// When the current refresh token ends if it is not used.
    pub(crate) expires_at: DateTime<Utc>,
    /// When the session ends, however often it is refreshed.
    pub(crate) ends_at: DateTime<Utc>,
    pub(crate) ended: Option<EndReason>,
    pub(crate) ended_at: Option<DateTime<Utc>>,
}

/// Where a session lives, as far as it is known.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(crate) struct Device {
    /// What its owner calls it.
    pub(crate) name: Option<String>,
    /// What it says it is.
    pub(crate) user_agent: Option<String>,
    /// Where its sign-in came from.
    #[serde(with = "address")]
    pub(crate) address: Option<IpAddr>,
}

/// An address as text, also where serde would write its bytes: what it is then read back from may not know of that.
mod address {
    use std::net::IpAddr;

    use serde::{Deserialize as _, Deserializer, Serialize as _, Serializer, de};

    #[expect(clippy::ref_option, reason = "serde asks for this form")]
    pub(super) fn serialize<S: Serializer>(address: &Option<IpAddr>, to: S) -> Result<S::Ok, S::Error> {
        address.map(|address| address.to_string()).serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<IpAddr>, D::Error> {
        let text = Option::<String>::deserialize(from)?;
        text.map(|text| text.parse().map_err(de::Error::custom))
            .transpose()
    }
}

impl Device {
    /// Whoever tries something on no particular account from here.
    pub(super) fn attempter(&self) -> Attempter<'static> {
        Attempter {
            address: self.address,
            ..Attempter::default()
        }
    }
}

/// Why a session was ended before its time.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum EndReason {
    /// Its owner signed out on this device.
    SignedOut,
    /// Its owner ended it from another device.
    SignedOutElsewhere,
    /// Its owner changed the password, or set a new one by e-mail.
    PasswordChanged,
    /// An adult of their household set a new password for the child that its owner is.
    PasswordResetByAdult,
    /// A refresh token was used that had long been replaced: somebody else has a copy.
    ReuseDetected,
    /// Somebody who runs this service ended it.
    RemovedByOperator,
    /// Somebody who runs this service disabled the account.
    AccountDisabled,
    /// Its owner asked to have the account deleted.
    AccountDeletion,
}

/// What a refresh token is to its session.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// It is the one to rotate.
    Current,
    /// It has just been rotated, and whoever did may not have got the answer: the same successor again.
    Retry,
    /// It has long been replaced: somebody has a copy.
    Reused,
    /// The session was ended.
    Ended(EndReason),
    /// The token or the session is past its time.
    Expired,
    /// It was never a token of this session.
    Foreign,
}

impl Session {
    /// How long the current refresh token is good, if it is not used.
    pub(crate) fn lasts(&self, now: DateTime<Utc>) -> TimeDelta {
        (self.expires_at.min(self.ends_at) - now).max(TimeDelta::zero())
    }

    /// What a token is to this session. `authentic` says that one of our keys made it, which is how a token older
    /// than the parent, whose hash is no longer kept, is told from a forged one.
    pub(crate) fn standing(&self, hash: &TokenHash, authentic: Option<u32>, now: DateTime<Utc>) -> Standing {
        let current = self.current == *hash;
        let parent = self.parent.as_ref() == Some(hash);
        let older = authentic.is_some_and(|generation| generation < self.generation);
        if !(current || parent || older) {
            return Standing::Foreign;
        }
        // Ended comes before everything else: no window of time revives a session.
        if let Some(reason) = self.ended {
            return Standing::Ended(reason);
        }
        if now >= self.ends_at || now >= self.expires_at {
            return Standing::Expired;
        }
        if current {
            Standing::Current
        } else if parent && now < self.rotated_at + LIFETIMES.retry {
            Standing::Retry
        } else {
            Standing::Reused
        }
    }
}
