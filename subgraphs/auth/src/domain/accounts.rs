use std::sync::Arc;

use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;
use secrecy::SecretString;

use super::hashing::Verdict;
use super::{
    Action, AttemptError, Attempter, Attempts, Device, DeviceToken, DisplayName, Email, EventKind,
    HashingError, Password, PasswordHasher, PasswordPolicy, PasswordProblem, RefreshError, SecurityEvents,
    Session, Sessions, SignIn, TokenPair, User,
};
use crate::store::{Stores, Taken};

/// What somebody who registers tells of themselves, as they typed it.
pub(crate) struct Registration {
    pub(crate) email: String,
    pub(crate) password: SecretString,
    pub(crate) display_name: String,
    pub(crate) device: Device,
}

/// What is wrong with a registration.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum RegistrationProblem {
    EmailInvalid,
    EmailTaken,
    Password(PasswordProblem),
    DisplayNameInvalid,
}

/// Why nobody was registered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistrationError {
    #[error("the registration has problems")]
    Problems(Vec<RegistrationProblem>),
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// Unknown address or wrong password; which of the two is not told to anybody.
    #[error("wrong credentials")]
    InvalidCredentials,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// What can end any operation, whatever was asked.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Fault {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Hashing(#[from] HashingError),
    #[error(transparent)]
    Attempts(#[from] AttemptError),
    #[error("a session could not be started")]
    Session(#[source] Box<RefreshError>),
}

/// Registers people and signs them in.
pub(crate) struct Accounts {
    pub(crate) stores: Stores,
    pub(crate) sessions: Arc<Sessions>,
    pub(crate) events: Arc<SecurityEvents>,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) hasher: PasswordHasher,
    pub(crate) policy: PasswordPolicy,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Accounts {
    /// Makes an account and signs its owner in. All problems of the input are told at once.
    pub(crate) async fn register(&self, registration: Registration) -> Result<SignIn, RegistrationError> {
        let password = Password::typed(&registration.password);
        let (email, display_name) = self
            .check(&registration, &password)
            .map_err(RegistrationError::Problems)?;
        let by = Attempter {
            account: Some(email.key()),
            address: registration.device.address,
            device: None,
        };
        // One that succeeds counts too: whoever makes accounts by the hundred succeeds each time.
        let attempt = self
            .attempts
            .begin(Action::Registration, by)
            .await
            .map_err(Fault::from)?;
        let hash = match self.hasher.hash(password).await {
            Ok(hash) => hash,
            Err(error) => {
                self.attempts.undo(attempt).await;
                return Err(Fault::from(error).into());
            }
        };
        let user = User {
            id: UserId::generate(&*self.clock, &*self.entropy),
            email: email.as_str().to_owned(),
            display_name,
            created_at: self.clock.now(),
        };
        let (session, tokens) = self.begin(user.id, registration.device.clone())?;
        let event = self.events.event(
            user.id,
            Some(session.id),
            EventKind::Registered,
            registration.device,
        );
        // The account and its first session are written together: a person whose answer got lost never finds an
        // account that nobody remembers making half of.
        match self
            .stores
            .insert_user_with_session(&user, &email, &hash, &session, &event)
            .await
            .map_err(Fault::from)?
        {
            Ok(()) => Ok(SignIn {
                user,
                tokens,
                device: Some(self.attempts.know(by, None).await),
            }),
            Err(Taken) => Err(RegistrationError::Problems(vec![RegistrationProblem::EmailTaken])),
        }
    }

    /// Signs a person in. `shown` is what their device was given at its last sign-in, if it has kept it.
    pub(crate) async fn login(
        &self,
        email: &str,
        password: &SecretString,
        device: Device,
        shown: Option<&DeviceToken>,
    ) -> Result<SignIn, LoginError> {
        let address = Email::parse(email);
        let by = Attempter {
            // What is no address is counted as if it were one, so that the budget tells nothing about accounts.
            account: Some(address.as_ref().map_or_else(|| email.trim(), Email::key)),
            address: device.address,
            device: shown,
        };
        let attempt = self
            .attempts
            .begin(Action::SignIn, by)
            .await
            .map_err(Fault::from)?;
        match self.authenticate(address.as_ref(), password, device).await {
            Ok(signed_in) => Ok(SignIn {
                device: Some(self.attempts.succeeded(attempt, by).await),
                ..signed_in
            }),
            Err(LoginError::Fault(fault)) => {
                self.attempts.undo(attempt).await;
                Err(fault.into())
            }
            refused => refused,
        }
    }

    /// Checks a password and begins a session. It does the same work whether there is such an account or not.
    async fn authenticate(
        &self,
        email: Option<&Email>,
        password: &SecretString,
        device: Device,
    ) -> Result<SignIn, LoginError> {
        let known = match email {
            Some(email) => self
                .stores
                .users
                .find_by_email(email)
                .await
                .map_err(Fault::from)?,
            None => None,
        };
        let mut password = Password::typed(password);
        if password.is_too_long() {
            // No account has such a password, and hashing megabytes is work that an attacker would have for free.
            password = Password::typed(&SecretString::default());
        }
        let hash = known.as_ref().map(|(_, hash)| hash.clone());
        let verdict = self.hasher.verify(password, hash).await.map_err(Fault::from)?;
        let (Some((user, hash)), true) = (&known, verdict != Verdict::Wrong) else {
            let known = known.map(|(user, _)| user.id);
            self.events.record_failed_sign_in(known, device).await;
            return Err(LoginError::InvalidCredentials);
        };
        if let Verdict::RightButWeak(renewed) = verdict {
            self.stores
                .users
                .renew_hash(user.id, hash, &renewed)
                .await
                .map_err(Fault::from)?;
        }
        let (session, tokens) = self.begin(user.id, device.clone())?;
        self.stores.sessions.insert(&session).await.map_err(Fault::from)?;
        self.events
            .record(user.id, Some(session.id), EventKind::SignedIn, device)
            .await;
        Ok(SignIn {
            user: user.clone(),
            tokens,
            device: None,
        })
    }

    /// The accounts of these people.
    pub(crate) async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        self.stores.users.find_all(ids).await
    }

    fn begin(&self, user: UserId, device: Device) -> Result<(Session, TokenPair), Fault> {
        self.sessions
            .begin(user, device)
            .map_err(|error| Fault::Session(Box::new(error)))
    }

    fn check(
        &self,
        registration: &Registration,
        password: &Password,
    ) -> Result<(Email, DisplayName), Vec<RegistrationProblem>> {
        let email = Email::parse(&registration.email);
        let display_name = DisplayName::parse(&registration.display_name);
        let about = [registration.email.as_str(), registration.display_name.as_str()];
        let strong = self.policy.check(password, &about);
        match (email, display_name, strong) {
            (Some(email), Some(display_name), Ok(())) => Ok((email, display_name)),
            (email, display_name, strong) => Err([
                email.is_none().then_some(RegistrationProblem::EmailInvalid),
                strong.err().map(RegistrationProblem::Password),
                display_name
                    .is_none()
                    .then_some(RegistrationProblem::DisplayNameInvalid),
            ]
            .into_iter()
            .flatten()
            .collect()),
        }
    }
}
