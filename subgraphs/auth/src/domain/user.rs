use chrono::{DateTime, Utc};
use constellation_shared::id::UserId;

use super::{DisplayName, Email, EmailChange, Username};

/// A person with an account.
#[derive(Debug, Clone)]
pub(crate) struct User {
    pub(crate) id: UserId,
    /// The address, as its owner writes it; `None` where a child has an account without one.
    pub(crate) email: Option<String>,
    /// Whether they have proven that it is theirs.
    pub(crate) email_verified: bool,
    /// What they can sign in with beside the address, or in its place.
    pub(crate) username: Option<Username>,
    pub(crate) display_name: DisplayName,
    pub(crate) created_at: DateTime<Utc>,
    /// Since when nobody may sign in to it, because somebody who runs the service said so.
    pub(crate) disabled_at: Option<DateTime<Utc>>,
    /// When it is erased, because its owner wants to leave.
    pub(crate) deletion_due: Option<DateTime<Utc>>,
}

impl User {
    /// The address as it is told apart from others.
    pub(crate) fn address(&self) -> Option<Email> {
        self.email.as_deref().and_then(Email::parse)
    }

    /// What they sign in with: the address where there is one.
    pub(crate) fn sign_in_name(&self) -> Option<SignInName> {
        let username = || self.username.clone().map(SignInName::Username);
        self.address().map(SignInName::Email).or_else(username)
    }
}

/// What somebody signs in with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum SignInName {
    Email(Email),
    Username(Username),
}

impl SignInName {
    /// The account as attempts on it are counted. An address has an `@`, a username never does.
    pub(crate) fn key(&self) -> &str {
        match self {
            Self::Email(email) => email.key(),
            Self::Username(name) => name.as_str(),
        }
    }
}

/// What is kept of an account beside what its owner sees of it every day, and beside hashes, which would only help others
/// to guess.
#[derive(Debug, Clone)]
pub(crate) struct AccountRecord {
    /// When the address was proven.
    pub(crate) email_verified_at: Option<DateTime<Utc>>,
    /// Another address that the owner has asked for.
    pub(crate) email_change: Option<EmailChange>,
}
