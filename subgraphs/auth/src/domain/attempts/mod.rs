//! The abuse budget: how often somebody may try before they have to wait.

mod device_token;
mod pace;
mod scope;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::{Entropy, random};
use constellation_shared::error::chain;
use constellation_shared::mongo::StoreError;

use super::{Email, SignInName, User};
use crate::store::AttemptStore;

pub(crate) use device_token::DeviceToken;
pub(crate) use pace::{Action, CLOSED, Pace};
pub(crate) use scope::CounterKey;
use scope::{Scope, network};

/// How long a device, or the address of a successful sign-in, stays known after the last one.
const KNOWN_FOR: TimeDelta = TimeDelta::days(180);

/// Who tries something, as far as it can be told before it is looked at.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Attempter<'a> {
    /// The account that it is tried on, as it is told apart from others; whether there is such an account must make no
    /// difference.
    pub(crate) account: Option<&'a str>,
    pub(crate) address: Option<IpAddr>,
    /// What a device was given when it last signed in.
    pub(crate) device: Option<&'a DeviceToken>,
}

/// One attempt that may be looked at. It counts as failed until it is told otherwise, so that attempts at the same time
/// cannot all slip in before the first has failed.
#[derive(Debug)]
#[must_use = "an attempt that is dropped stays counted as failed"]
pub(crate) struct Attempt(Vec<Counted>);

/// A place where an attempt was counted.
#[derive(Debug, Clone)]
struct Counted {
    key: CounterKey,
    scope: Scope,
    pace: Pace,
}

/// What a counter says of one more attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Admission {
    /// It may be looked at, and was counted.
    Counted {
        /// Whether whoever is counted here has succeeded before.
        known: bool,
    },
    /// It is too early, and was not counted.
    TooEarly {
        /// How long it is too early.
        wait: Duration,
    },
}

/// Why an attempt may not be looked at.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AttemptError {
    #[error("too many attempts")]
    TooMany { wait: Duration },
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Counts attempts, for all replicas together.
pub(crate) struct Attempts {
    store: AttemptStore,
    /// How many times the usual budget one address has.
    address_budget: u32,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Attempts {
    pub(crate) fn new(
        store: AttemptStore,
        address_budget: u32,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            store,
            address_budget,
            clock,
            entropy,
        }
    }

    /// Counts an attempt, or refuses it because there were too many. Call it before anything is looked at.
    ///
    /// A device that has signed in to this account before is counted for itself alone: whatever others do, to the
    /// account or from the same address, its owner gets in. An address that somebody has signed in from is not kept out
    /// by what happens to the account elsewhere.
    pub(crate) async fn begin(&self, action: Action, by: Attempter<'_>) -> Result<Attempt, AttemptError> {
        let mut attempt = Attempt(Vec::new());
        let counted = |scope| Counted::of(action, scope, by, self.address_budget);
        if let Some(device) = counted(Scope::Device) {
            // It counts only if the device is known; a made-up token is none.
            let now = self.clock.now();
            if let Some(admission) = self.store.count_known(&device.key, device.pace, now).await? {
                attempt.add(device, admission)?;
                return Ok(attempt);
            }
        }
        // From the cheapest to refuse to the most harmful to count: what is refused for its address is not counted
        // against the account, so nobody locks an account faster than their address lets them.
        for scope in [Scope::Address, Scope::AccountFromAddress, Scope::Account] {
            let Some(counted) = counted(scope) else {
                continue;
            };
            let now = self.clock.now();
            let admission = self.store.count(&counted.key, counted.pace, now).await?;
            if let Err(refused) = attempt.add(counted, admission) {
                // It is not looked at, so it counts nowhere.
                self.undo(attempt).await;
                return Err(refused);
            }
            if admission == (Admission::Counted { known: true }) {
                break;
            }
        }
        Ok(attempt)
    }

    /// The attempt was rightful: it does not count, and whoever made it is known from now on. Gives the token to show the
    /// next time.
    pub(crate) async fn succeeded(&self, attempt: Attempt, by: Attempter<'_>) -> DeviceToken {
        let shown = by.device.filter(|_| attempt.is_by_known_device()).cloned();
        self.undo(attempt).await;
        if let Some(account) = Counted::of(Action::SignIn, Scope::Account, by, self.address_budget) {
            log(self.store.end_row(&account.key, account.pace).await);
        }
        self.know(by, shown).await
    }

    /// The attempt was not looked at, so it does not count.
    pub(crate) async fn undo(&self, attempt: Attempt) {
        for counted in attempt.0 {
            log(self.store.uncount(&counted.key, counted.pace).await);
        }
    }

    /// Nothing was tried on the account; work was made nonetheless, which stays counted for the address that it came from.
    pub(crate) async fn undo_for_account(&self, attempt: Attempt) {
        let on_account = attempt
            .0
            .into_iter()
            .filter(|counted| counted.scope != Scope::Address);
        self.undo(Attempt(on_account.collect())).await;
    }

    /// Knows a device, and the address that it signed in from, from now on. The failures counted for the two are
    /// forgotten; what strangers did to the account is not, or they could begin anew each time that its owner signs in.
    pub(crate) async fn know(&self, by: Attempter<'_>, shown: Option<DeviceToken>) -> DeviceToken {
        let token = shown.unwrap_or_else(|| DeviceToken::new(random(&*self.entropy)));
        let with_token = Attempter {
            device: Some(&token),
            ..by
        };
        self.welcome(Scope::Device, with_token).await;
        self.know_address(by).await;
        token
    }

    /// Knows no device and no address of an account any more, and lets strangers begin a new row: its password is a new one,
    /// and whoever knew the old one is a stranger.
    pub(crate) async fn forget_known(&self, user: &User) {
        let email = user.address();
        let username = user.username.clone().map(SignInName::Username);
        let names = [
            email.as_ref().map(Email::key),
            username.as_ref().map(SignInName::key),
        ];
        for account in names.into_iter().flatten() {
            let by = Attempter {
                account: Some(account),
                ..Attempter::default()
            };
            if let Some(account) = Counted::of(Action::SignIn, Scope::Account, by, self.address_budget) {
                log(self.store.forget_known(&account.key).await);
                log(self.store.end_row(&account.key, account.pace).await);
            }
        }
    }

    /// Knows an address from now on whose user has proven in another way that the account is theirs.
    pub(crate) async fn know_address(&self, by: Attempter<'_>) {
        self.welcome(Scope::AccountFromAddress, by).await;
    }

    async fn welcome(&self, scope: Scope, by: Attempter<'_>) {
        let now = self.clock.now();
        let of = |scope| Counted::of(Action::SignIn, scope, by, self.address_budget);
        if let (Some(counted), Some(account)) = (of(scope), of(Scope::Account)) {
            let until = now + KNOWN_FOR;
            log(self.store.welcome(&counted.key, &account.key, now, until).await);
        }
    }
}

impl Attempt {
    fn is_by_known_device(&self) -> bool {
        self.0.iter().any(|counted| counted.scope == Scope::Device)
    }

    fn add(&mut self, counted: Counted, admission: Admission) -> Result<(), AttemptError> {
        match admission {
            Admission::Counted { .. } => {
                self.0.push(counted);
                Ok(())
            }
            Admission::TooEarly { wait } => {
                tracing::info!(scope = ?counted.scope, "too many attempts");
                Err(AttemptError::TooMany { wait })
            }
        }
    }
}

impl Counted {
    /// Where an attempt is counted within a scope, if it is counted there at all.
    fn of(action: Action, scope: Scope, by: Attempter<'_>, address_budget: u32) -> Option<Self> {
        let pace = action.pace(scope)?;
        let account = || by.account.map(str::as_bytes);
        let network = || by.address.map(network);
        let key = |parts: &[&[u8]]| CounterKey::of(action, scope, parts);
        let (key, pace) = match scope {
            Scope::Account => (key(&[account()?]), pace),
            Scope::Address => (key(&[network()?.as_bytes()]), pace.times(address_budget)),
            Scope::AccountFromAddress => (key(&[account()?, network()?.as_bytes()]), pace),
            Scope::Device => (key(&[account()?, by.device?.bytes()]), pace),
        };
        Some(Self { key, scope, pace })
    }
}

/// What was looked at has been decided, and a counter that could not be corrected only makes somebody wait longer.
fn log(done: Result<(), StoreError>) {
    if let Err(error) = done {
        tracing::warn!(error = %chain(&error), "an attempt's counter was not corrected");
    }
}
