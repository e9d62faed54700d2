use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, TimeDelta, Utc};
use constellation_shared::id::UserId;
use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use super::{EmailChangeId, MailId};
use crate::keys::RefreshKey;

const LENGTH: usize = 32;

/// Keeps this use of the key apart from all others.
const CONTEXT: &[u8] = b"constellation mailed link v1";

/// The secret in a mailed link: 256 bits that nobody can guess.
///
/// It is HMAC-SHA-256(key, mail), so that a mail that has to be sent twice has the same link twice, although the
/// database holds nothing but the secret's hash: who reads the database, or a copy of it, can use no link.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct LinkSecret([u8; LENGTH]);

/// SHA-256 of a link's secret, which is all that is stored of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct LinkHash(pub(crate) [u8; LENGTH]);

impl LinkSecret {
    /// The secret of the link in this mail. The same arguments give the same secret.
    pub(crate) fn derive(key: &RefreshKey, mail: MailId) -> Self {
        Self(key.authenticate(&[CONTEXT, mail.as_uuid().as_bytes()].concat()))
    }

    /// Reads what somebody sent; `None` when it does not even have the form of a secret.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let bytes = URL_SAFE_NO_PAD.decode(text.trim()).ok()?;
        bytes.try_into().ok().map(Self)
    }

    /// The text for the mail, and for nothing else.
    pub(crate) fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    pub(crate) fn hash(&self) -> LinkHash {
        LinkHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for LinkSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LinkSecret(..)")
    }
}

/// What a link is good for. A person has at most one link of each purpose: a new one takes the place of the old.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(crate) enum Purpose {
    /// To prove that an address is one's own.
    VerifyEmail,
    /// To set a new password.
    ResetPassword,
    /// To agree, at the old address, to a change of address.
    LeaveAddress,
    /// To agree, at the new address, to a change of address.
    TakeAddress,
    /// To keep an account that is going to be deleted.
    KeepAccount,
}

impl Purpose {
    /// How long a link can be used, from when its mail is sent.
    ///
    /// ASVS asks that a code of some digits ends within ten minutes, because it can be guessed. A link's secret cannot,
    /// so what bounds its life is how long a mailbox may be left open; a reset lives an hour, and what gives no access
    /// to an account lives a day, since mail is not read at once.
    /// `None`: as long as there is something to keep.
    pub(crate) const fn lifetime(self) -> Option<TimeDelta> {
        match self {
            Self::ResetPassword => Some(TimeDelta::hours(1)),
            Self::VerifyEmail | Self::LeaveAddress | Self::TakeAddress => Some(TimeDelta::hours(24)),
            Self::KeepAccount => None,
        }
    }
}

/// A link that goes into a mail.
#[derive(Debug, Clone)]
pub(crate) struct Link {
    pub(crate) user: UserId,
    pub(crate) purpose: Purpose,
    /// The mail that it is in.
    pub(crate) mail: MailId,
    /// The change of address that it is about, if it is about one.
    pub(crate) change: Option<EmailChangeId>,
    pub(crate) hash: LinkHash,
    pub(crate) expires_at: DateTime<Utc>,
}

/// Why a link does not work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum BadLink {
    /// It is none of ours, was used, or a newer one has taken its place.
    Invalid,
    /// It is past its time.
    Expired,
}
