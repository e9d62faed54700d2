use std::str::FromStr;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;

use super::{
    Device, Email, EndReason, EventKind, Mail, Occasion, SecurityEvent, SecurityEvents, SignInName, User,
    Username,
};
use crate::store::Stores;

/// What those who run the service do with accounts, by the rules that hold for everybody else.
///
/// It works on the database alone, beside running services: they take up what it ends within seconds, and send the mails
/// that it asks for.
pub struct Operators {
    stores: Stores,
    events: SecurityEvents,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

/// An account, as those who run the service see it. Nothing in it lets anybody in.
#[derive(Debug, Clone)]
pub struct Account {
    /// Whose it is.
    pub id: UserId,
    /// The address, as its owner writes it; a child's account may have none.
    pub email: Option<String>,
    /// What its owner can sign in with beside the address, or in its place.
    pub username: Option<String>,
    /// Whether the address is proven.
    pub email_verified: bool,
    /// What its owner is called.
    pub display_name: String,
    /// When it was made.
    pub created_at: DateTime<Utc>,
    /// Since when nobody may sign in to it.
    pub disabled_at: Option<DateTime<Utc>>,
    /// How many devices are signed in.
    pub sessions: u64,
}

/// A part of the accounts, the oldest first.
#[derive(Debug)]
pub struct AccountPage {
    /// The accounts.
    pub accounts: Vec<Account>,
    /// Whether there are more after them.
    pub more: bool,
}

/// Names an account: by its id, its address or its username.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Who {
    /// By its id.
    Id(UserId),
    /// By its address, in whatever way that is written.
    Email(String),
    /// By its username, in whatever case.
    Username(String),
}

impl FromStr for Who {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Ok(id) = text.parse() {
            return Ok(Self::Id(id));
        }
        if let Some(email) = Email::parse(text) {
            return Ok(Self::Email(email.as_str().to_owned()));
        }
        match Username::parse(text) {
            Some(name) => Ok(Self::Username(name.as_str().to_owned())),
            None => Err("this is neither the id of an account nor an e-mail address nor a username"),
        }
    }
}

/// Why an operator's wish did not come true.
#[derive(Debug, thiserror::Error)]
pub enum OperatorError {
    /// Nobody has this id, address or username.
    #[error("there is no such account")]
    NoAccount,
    /// No mail can be sent to its owner.
    #[error("this account has no e-mail address: an adult of its household can set a new password")]
    NoAddress,
    /// The database failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Operators {
    pub(crate) fn new(stores: Stores, clock: Arc<dyn Clock>, entropy: Arc<dyn Entropy>) -> Self {
        let events = SecurityEvents::new(stores.events.clone(), Arc::clone(&clock), Arc::clone(&entropy));
        Self {
            stores,
            events,
            clock,
            entropy,
        }
    }

    /// Accounts in the order of their making, those whose address or username contains `search` if it is given, and only those made
    /// after the one with the id `after`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn list(
        &self,
        search: Option<&str>,
        after: Option<UserId>,
        size: u16,
    ) -> Result<AccountPage, StoreError> {
        let found = self
            .stores
            .users
            .list(search, after, i64::from(size).saturating_add(1))
            .await?;
        let more = found.len() > usize::from(size);
        let users: Vec<_> = found.into_iter().take(size.into()).collect();
        let accounts = self.accounts(users).await?;
        Ok(AccountPage { accounts, more })
    }

    /// Lets nobody sign in to an account, and ends all its sessions. `false` when it was disabled already.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn disable(&self, who: &Who) -> Result<(Account, bool), OperatorError> {
        let user = self.find(who).await?;
        let event = self.event(&user, EventKind::AccountDisabled);
        let changed = self
            .stores
            .disable_user(user.id, &event, self.clock.now())
            .await?;
        Ok((self.account(user.id).await?, changed))
    }

    /// Lets the owner of a disabled account sign in again. `false` when it was not disabled.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn enable(&self, who: &Who) -> Result<(Account, bool), OperatorError> {
        let user = self.find(who).await?;
        let event = self.event(&user, EventKind::AccountEnabled);
        let changed = self.stores.enable_user(user.id, &event).await?;
        Ok((self.account(user.id).await?, changed))
    }

    /// Ends all sessions of an account, and counts them.
    ///
    /// # Errors
    /// When there is no such account, or the database fails.
    pub async fn end_sessions(&self, who: &Who) -> Result<(Account, u64), OperatorError> {
        let user = self.find(who).await?;
        let event = self.event(&user, EventKind::SessionsEndedByOperator);
        let ended = self
            .stores
            .end_sessions(user.id, EndReason::RemovedByOperator, &event, self.clock.now())
            .await?;
        Ok((self.account(user.id).await?, ended))
    }

    /// Has a link to set a new password sent to the owner of an account.
    ///
    /// # Errors
    /// When there is no such account, it has no address, or the database fails.
    pub async fn send_reset(&self, who: &Who) -> Result<Account, OperatorError> {
        let user = self.find(who).await?;
        let email = user.email.as_deref().ok_or(OperatorError::NoAddress)?;
        let asker = Device::default();
        let occasion = Occasion::PasswordReset { asker: asker.clone() };
        let mail = Mail::new(email, occasion, &*self.clock, &*self.entropy);
        let event = SecurityEvent::reset_requested(&mail, user.id, asker);
        self.stores.post_with_event(&mail, &event).await?;
        self.account(user.id).await
    }

    fn event(&self, user: &User, kind: EventKind) -> SecurityEvent {
        self.events.event(user.id, None, kind, Device::default())
    }

    async fn find(&self, who: &Who) -> Result<User, OperatorError> {
        let users = &self.stores.users;
        let found = match who {
            Who::Id(id) => users.find(*id).await?,
            Who::Email(text) => match Email::parse(text) {
                Some(email) => users.find_by_email(&email).await?.map(|(user, _)| user),
                None => None,
            },
            Who::Username(text) => match Username::parse(text) {
                Some(name) => {
                    let found = users.find_by_name(&SignInName::Username(name)).await?;
                    found.map(|(user, _)| user)
                }
                None => None,
            },
        };
        found.ok_or(OperatorError::NoAccount)
    }

    async fn account(&self, id: UserId) -> Result<Account, OperatorError> {
        let user = self.find(&Who::Id(id)).await?;
        let mut accounts = self.accounts(vec![user]).await?;
        accounts.pop().ok_or(OperatorError::NoAccount)
    }

    async fn accounts(&self, users: Vec<User>) -> Result<Vec<Account>, StoreError> {
        let ids: Vec<_> = users.iter().map(|user| user.id).collect();
        let sessions = self.stores.sessions.count_living(&ids, self.clock.now()).await?;
        let account = |user: User| Account {
            sessions: sessions.get(&user.id).copied().unwrap_or_default(),
            id: user.id,
            email: user.email,
            username: user.username.map(|name| name.as_str().to_owned()),
            email_verified: user.email_verified,
            display_name: user.display_name.as_str().to_owned(),
            created_at: user.created_at,
            disabled_at: user.disabled_at,
        };
        Ok(users.into_iter().map(account).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::{UserId, Who};

    #[test]
    fn an_account_is_named_by_its_id_its_address_or_its_username() {
        let id = UserId::from_bytes([7; 16]);
        assert_eq!(id.to_string().parse(), Ok(Who::Id(id)));
        assert_eq!(
            " ana@example.org ".parse(),
            Ok(Who::Email("ana@example.org".into()))
        );
        assert_eq!("Mia7".parse(), Ok(Who::Username("mia7".into())));
        for wrong in ["", "an", "0192-", "ana@"] {
            assert!(wrong.parse::<Who>().is_err(), "{wrong}");
        }
    }
}
