use chrono::{DateTime, Utc};

use super::{DisplayName, HouseholdName, InvitationCode, LinkSecret, MailId};

/// A mail as it is sent.
#[derive(Debug)]
pub(crate) struct Letter {
    pub(crate) id: MailId,
    pub(crate) to: String,
    /// What the person is called who gets it, where that is known.
    pub(crate) name: Option<String>,
    pub(crate) written_at: DateTime<Utc>,
    pub(crate) content: Content,
}

/// What a letter says.
#[derive(Debug)]
pub(crate) enum Content {
    VerifyEmail {
        link: LinkSecret,
    },
    AddressInUse {
        link: LinkSecret,
    },
    ResetPassword {
        link: LinkSecret,
    },
    PasswordChanged,
    LeaveAddress {
        link: LinkSecret,
        new: String,
    },
    TakeAddress {
        link: LinkSecret,
    },
    AddressLeft {
        new: String,
    },
    DeletionPlanned {
        link: LinkSecret,
        due: DateTime<Utc>,
    },
    AccountDeleted {
        at: DateTime<Utc>,
    },
    Invitation {
        code: InvitationCode,
        household: HouseholdName,
        invited_by: Option<DisplayName>,
        expires_at: DateTime<Utc>,
    },
}
