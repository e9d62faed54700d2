use std::sync::Arc;

use constellation_shared::auth::Viewer;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;
use secrecy::SecretString;

use super::hashing::Verdict;
use super::{
    AccountRecord, Action, AttemptError, Attempter, Attempts, Device, DeviceToken, DisplayName, Email,
    EventKind, HashingError, MailRoom, Occasion, Password, PasswordHasher, PasswordPolicy, PasswordProblem,
    RefreshError, SecurityEvents, Session, Sessions, SignIn, SignInName, TokenPair, User, Username,
};
use crate::store::{NewOrKnown, Stores, Taken};

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

/// What somebody signs in with, as they typed it.
pub(crate) enum GivenName {
    Email(String),
    Username(String),
}

impl GivenName {
    fn parse(&self) -> Option<SignInName> {
        match self {
            Self::Email(text) => Email::parse(text).map(SignInName::Email),
            Self::Username(text) => Username::parse(text).map(SignInName::Username),
        }
    }

    fn text(&self) -> &str {
        match self {
            Self::Email(text) | Self::Username(text) => text.trim(),
        }
    }
}

/// Why nobody was signed in.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LoginError {
    /// Unknown address or wrong password; which of the two is not told to anybody.
    #[error("wrong credentials")]
    InvalidCredentials,
    /// The password is right, but the address has to be proven first.
    #[error("the address is not proven")]
    EmailNotVerified,
    /// The password is right, but whoever runs the service has disabled the account.
    #[error("the account is disabled")]
    AccountDisabled,
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
    pub(crate) mail_room: Arc<MailRoom>,
    pub(crate) hasher: Arc<PasswordHasher>,
    pub(crate) policy: PasswordPolicy,
    /// Whether nobody is signed in before they have proven their address.
    pub(crate) unproven_are_refused: bool,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

/// What came of a registration.
#[derive(Debug)]
pub(crate) enum Registered {
    /// The person has an account and is signed in.
    SignedIn(Box<SignIn>),
    /// A mail was sent. Whether there is a new account, only the owner of the address learns.
    Mailed,
}

impl Accounts {
    /// Makes an account and signs its owner in, or, where addresses have to be proven first, sends a mail. All problems
    /// of the input are told at once.
    pub(crate) async fn register(&self, registration: Registration) -> Result<Registered, RegistrationError> {
        let email = Email::parse(&registration.email);
        let by = Attempter {
            account: email.as_ref().map(Email::key),
            address: registration.device.address,
            device: None,
        };
        self.hasher.check_room().map_err(Fault::from)?;
        // One that succeeds counts too: whoever makes accounts by the hundred succeeds each time.
        let attempt = self
            .attempts
            .begin(Action::Registration, by)
            .await
            .map_err(Fault::from)?;
        let (display_name, password) = match self.check(&registration, email.is_some()).await {
            Ok(Ok(checked)) => checked,
            Ok(Err(problems)) => {
                self.attempts.undo_for_account(attempt).await;
                return Err(RegistrationError::Problems(problems));
            }
            Err(error) => {
                self.attempts.undo(attempt).await;
                return Err(error.into());
            }
        };
        let Some(email) = &email else {
            return Err(RegistrationError::Problems(vec![
                RegistrationProblem::EmailInvalid,
            ]));
        };
        let hash = match self.hasher.hash(password).await {
            Ok(hash) => hash,
            Err(error) => {
                self.attempts.undo(attempt).await;
                return Err(Fault::from(error).into());
            }
        };
        let user = User {
            id: UserId::generate(&*self.clock, &*self.entropy),
            email: Some(email.as_str().to_owned()),
            email_verified: false,
            username: None,
            display_name,
            created_at: self.clock.now(),
            disabled_at: None,
            deletion_due: None,
        };
        let verification = Occasion::Verification { user: user.id };
        let mail = self.mail_room.mail(email.as_str(), verification);
        if self.unproven_are_refused {
            let event = self
                .events
                .event(user.id, None, EventKind::Registered, registration.device);
            let known = self.mail_room.mail(email.as_str(), Occasion::AddressInUse);
            let mails = NewOrKnown {
                new: &mail,
                known: &known,
            };
            self.stores
                .insert_unproven_user(&user, email, &hash, &mails, &event)
                .await
                .map_err(Fault::from)?;
            self.mail_room.posted();
            return Ok(Registered::Mailed);
        }
        let (session, tokens) = self.begin(user.id, registration.device.clone()).await?;
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
            .insert_user_with_session(&user, &hash, &session, &event, &mail)
            .await
            .map_err(Fault::from)?
        {
            Ok(()) => {
                self.mail_room.posted();
                Ok(Registered::SignedIn(Box::new(SignIn {
                    user,
                    tokens,
                    device: Some(self.attempts.know(by, None).await),
                })))
            }
            Err(Taken) => Err(RegistrationError::Problems(vec![RegistrationProblem::EmailTaken])),
        }
    }

    /// Signs a person in. `shown` is what their device was given at its last sign-in, if it has kept it.
    pub(crate) async fn login(
        &self,
        name: &GivenName,
        password: &SecretString,
        device: Device,
        shown: Option<&DeviceToken>,
    ) -> Result<SignIn, LoginError> {
        let parsed = name.parse();
        let by = Attempter {
            // What is no name of any account is counted as if it were one, so that the budget tells nothing about accounts.
            account: Some(parsed.as_ref().map_or_else(|| name.text(), SignInName::key)),
            address: device.address,
            device: shown,
        };
        self.hasher.check_room().map_err(Fault::from)?;
        let attempt = self
            .attempts
            .begin(Action::SignIn, by)
            .await
            .map_err(Fault::from)?;
        match self.authenticate(parsed.as_ref(), password, device).await {
            Ok(signed_in) => Ok(SignIn {
                device: Some(self.attempts.succeeded(attempt, by).await),
                ..signed_in
            }),
            Err(LoginError::InvalidCredentials) => Err(LoginError::InvalidCredentials),
            // Nobody guessed: the password was right, or was not looked at.
            other => {
                self.attempts.undo(attempt).await;
                other
            }
        }
    }

    /// Checks a password and begins a session. It does the same work whether there is such an account or not.
    async fn authenticate(
        &self,
        name: Option<&SignInName>,
        password: &SecretString,
        device: Device,
    ) -> Result<SignIn, LoginError> {
        let known = match name {
            Some(name) => self.stores.users.find_by_name(name).await.map_err(Fault::from)?,
            None => None,
        };
        let password = Password::to_compare(password);
        let hash = known.as_ref().map(|(_, hash)| hash.clone());
        let verdict = self.hasher.verify(password, hash).await.map_err(Fault::from)?;
        let (Some((user, hash)), true) = (&known, verdict != Verdict::Wrong) else {
            let known = known.map(|(user, _)| user.id);
            self.events.record_failed_sign_in(known, device).await;
            return Err(LoginError::InvalidCredentials);
        };
        // Only who knows the password learns that the account is disabled, or that there is one.
        if user.disabled_at.is_some() {
            return Err(LoginError::AccountDisabled);
        }
        if let (true, false, Some(email)) = (self.unproven_are_refused, user.email_verified, user.address()) {
            self.remind(user, &email, &device).await?;
            return Err(LoginError::EmailNotVerified);
        }
        let renewed = match &verdict {
            Verdict::RightButWeak(renewed) => Some(renewed),
            _ => None,
        };
        let (session, tokens) = self.begin(user.id, device.clone()).await?;
        let begun = self
            .stores
            .begin_session(&session, hash, renewed)
            .await
            .map_err(Fault::from)?;
        if !begun {
            return Err(LoginError::InvalidCredentials);
        }
        self.events
            .record(user.id, Some(session.id), EventKind::SignedIn, device)
            .await;
        Ok(SignIn {
            user: user.clone(),
            tokens,
            device: None,
        })
    }

    /// Sends a new link to prove an address, unless there were many already.
    async fn remind(&self, user: &User, email: &Email, device: &Device) -> Result<(), Fault> {
        let by = Attempter {
            account: Some(email.key()),
            address: device.address,
            device: None,
        };
        match self.attempts.begin(Action::Mail, by).await {
            Ok(_counted) => {
                let again = Occasion::Verification { user: user.id };
                Ok(self.mail_room.post(email.as_str(), again).await?)
            }
            Err(AttemptError::TooMany { .. }) => Ok(()),
            Err(error) => Err(error.into()),
        }
    }

    /// The accounts of these people.
    pub(crate) async fn find_all(&self, ids: &[UserId]) -> Result<Vec<User>, StoreError> {
        self.stores.users.find_all(ids).await
    }

    /// What else is kept of the viewer's account; `None` when it is gone.
    pub(crate) async fn record(&self, viewer: &Viewer) -> Result<Option<AccountRecord>, StoreError> {
        self.stores.users.find_record(viewer.user).await
    }

    async fn begin(&self, user: UserId, device: Device) -> Result<(Session, TokenPair), Fault> {
        self.sessions
            .begin(user, device)
            .await
            .map_err(|error| Fault::Session(Box::new(error)))
    }

    /// What of a registration has to be right. All that is wrong is told at once.
    async fn check(
        &self,
        registration: &Registration,
        has_email: bool,
    ) -> Result<Result<(DisplayName, Password), Vec<RegistrationProblem>>, Fault> {
        let password = Password::typed(&registration.password);
        let about = vec![registration.email.clone(), registration.display_name.clone()];
        let strong = self.hasher.judge(self.policy, password, about).await?;
        Ok(match (DisplayName::parse(&registration.display_name), strong) {
            (Some(display_name), Ok(password)) if has_email => Ok((display_name, password)),
            (display_name, strong) => Err([
                (!has_email).then_some(RegistrationProblem::EmailInvalid),
                strong.err().map(RegistrationProblem::Password),
                display_name
                    .is_none()
                    .then_some(RegistrationProblem::DisplayNameInvalid),
            ]
            .into_iter()
            .flatten()
            .collect()),
        })
    }
}
