use std::sync::Arc;
use std::time::Duration;

use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::error::chain;
use constellation_shared::mongo::StoreError;
use constellation_shared::program::Stop;
use futures_util::future::try_join_all;
use tokio::sync::Notify;

use super::mail::{LEASE, REMEMBERED};
use super::{
    Content, Email, EmailChangeId, Letter, Link, LinkSecret, Mail, Occasion, Purpose, SecurityEvent,
    Sessions, User,
};
use crate::mail::Mailer;
use crate::store::{Ending, Stores};

/// How many mails one replica sends at a time.
const HANDS: usize = 4;

/// How often it is looked for mails that another replica left, or whose next attempt is due.
const ROUND: Duration = Duration::from_secs(5);

/// Where mails wait and are sent from.
///
/// A mail is written to the database together with the change that it is about; nobody waits until it is sent. Any
/// replica takes it from there, for itself for a while, and sends it. Should it die after sending and before noting
/// so, the mail is sent again: with the same `Message-ID` and the same link.
pub(crate) struct MailRoom {
    pub(super) stores: Stores,
    mailer: Mailer,
    pub(super) sessions: Arc<Sessions>,
    pub(super) clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
    wake: Notify,
}

impl MailRoom {
    pub(crate) fn new(
        stores: Stores,
        mailer: Mailer,
        sessions: Arc<Sessions>,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            stores,
            mailer,
            sessions,
            clock,
            entropy,
            wake: Notify::new(),
        }
    }

    /// A new mail, not written yet.
    pub(crate) fn mail(&self, to: &str, occasion: Occasion) -> Mail {
        Mail::new(to, occasion, &*self.clock, &*self.entropy)
    }

    /// The id of a new change of address.
    pub(crate) fn new_email_change(&self) -> EmailChangeId {
        EmailChangeId::generate(&*self.clock, &*self.entropy)
    }

    /// Writes a mail that goes with no other change.
    pub(crate) async fn post(&self, to: &str, occasion: Occasion) -> Result<(), StoreError> {
        self.stores.outbox.insert(&self.mail(to, occasion)).await?;
        self.posted();
        Ok(())
    }

    /// Says that a mail was written, so that it is sent at once.
    pub(crate) fn posted(&self) {
        self.wake.notify_one();
    }

    /// Sends mails as they come, until `stop`. A mail that is being sent then is sent again by the next to look, if it
    /// was not sent in time.
    pub(crate) async fn run(&self, stop: Stop) {
        let rounds = async {
            loop {
                if let Err(error) = self.deliver_due().await {
                    tracing::warn!(error = %chain(&error), "mails cannot be read from the database; trying again");
                }
                tokio::select! {
                    () = self.wake.notified() => {}
                    () = tokio::time::sleep(ROUND) => {}
                }
            }
        };
        tokio::select! {
            () = rounds => {}
            () = stop.requested() => {}
        }
    }

    /// Tries to send every mail that is due now, and counts those that were sent.
    pub(crate) async fn deliver_due(&self) -> Result<usize, StoreError> {
        let sent = try_join_all((0..HANDS).map(|_| self.deliver_one_by_one())).await?;
        Ok(sent.into_iter().sum())
    }

    async fn deliver_one_by_one(&self) -> Result<usize, StoreError> {
        let mut sent = 0;
        loop {
            let now = self.clock.now();
            let Some(mail) = self.stores.outbox.claim(now, now + LEASE).await? else {
                return Ok(sent);
            };
            sent += usize::from(self.deliver(&mail).await?);
        }
    }

    /// Tries to send one mail, and notes what came of it.
    async fn deliver(&self, mail: &Mail) -> Result<bool, StoreError> {
        let ending = match self.write(mail).await? {
            None => Ending::NotNeeded,
            Some(letter) => match self.mailer.send(&letter).await {
                Ok(()) => Ending::Sent,
                Err(error) => {
                    let now = self.clock.now();
                    let next = if error.is_final() {
                        None
                    } else {
                        mail.next_attempt(now)
                    };
                    let reason = chain(&error);
                    if let Some(until) = next {
                        tracing::warn!(mail = %mail.id, attempts = mail.attempts, error = %reason, "a mail could not be sent; trying again");
                        Ending::Postponed { until, reason }
                    } else {
                        tracing::error!(mail = %mail.id, attempts = mail.attempts, error = %reason, "a mail was given up");
                        Ending::GivenUp { reason }
                    }
                }
            },
        };
        let now = self.clock.now();
        self.stores
            .outbox
            .finish(mail, &ending, now, now + REMEMBERED)
            .await?;
        Ok(matches!(ending, Ending::Sent))
    }

    /// The letter, with a link that works from now on; `None` when there is nothing to send any more.
    async fn write(&self, mail: &Mail) -> Result<Option<Letter>, StoreError> {
        match mail.occasion {
            Occasion::Invitation { invitation } => return self.invitation(mail, invitation).await,
            Occasion::AccountDeleted => return Ok(Some(self.farewell(mail))),
            _ => {}
        }
        let Some(user) = self.addressee(mail).await? else {
            return Ok(None);
        };
        if let Occasion::PasswordReset { asker } = &mail.occasion {
            let event = SecurityEvent::reset_requested(mail, user.id, asker.clone());
            self.stores.events.insert_once(&event).await?;
        }
        let link = async |purpose, change| self.link(mail, &user, purpose, change).await;
        let content = match &mail.occasion {
            Occasion::Verification { .. } => link(Purpose::VerifyEmail, None)
                .await?
                .map(|link| Content::VerifyEmail { link }),
            Occasion::AddressInUse => link(Purpose::ResetPassword, None)
                .await?
                .map(|link| Content::AddressInUse { link }),
            Occasion::PasswordReset { .. } => link(Purpose::ResetPassword, None)
                .await?
                .map(|link| Content::ResetPassword { link }),
            Occasion::PasswordChanged { .. } => Some(Content::PasswordChanged),
            Occasion::LeaveAddress { change, new, .. } => link(Purpose::LeaveAddress, Some(*change))
                .await?
                .map(|link| Content::LeaveAddress {
                    link,
                    new: new.clone(),
                }),
            Occasion::TakeAddress { change, .. } => link(Purpose::TakeAddress, Some(*change))
                .await?
                .map(|link| Content::TakeAddress { link }),
            Occasion::AddressLeft { new, .. } => Some(Content::AddressLeft { new: new.clone() }),
            Occasion::DeletionPlanned { .. } => match user.deletion_due {
                Some(due) => link(Purpose::KeepAccount, None)
                    .await?
                    .map(|link| Content::DeletionPlanned { link, due }),
                None => None,
            },
            // Written above: these are about no account.
            Occasion::Invitation { .. } | Occasion::AccountDeleted => None,
        };
        let to = match &mail.occasion {
            // Anybody can ask for these. They go to the address as the account's owner wrote it.
            Occasion::AddressInUse | Occasion::PasswordReset { .. } => {
                user.email.as_ref().unwrap_or(&mail.to)
            }
            _ => &mail.to,
        };
        Ok(content.map(|content| Letter {
            id: mail.id,
            to: to.clone(),
            name: Some(user.display_name.as_str().to_owned()),
            written_at: self.clock.now(),
            content,
        }))
    }

    /// The last letter to somebody, of whom nothing is known any more but where to send it.
    fn farewell(&self, mail: &Mail) -> Letter {
        Letter {
            id: mail.id,
            to: mail.to.clone(),
            name: None,
            written_at: self.clock.now(),
            content: Content::AccountDeleted { at: mail.created_at },
        }
    }

    /// Whose account the mail is about, if it still is as it was when the mail was asked for.
    async fn addressee(&self, mail: &Mail) -> Result<Option<User>, StoreError> {
        let users = &self.stores.users;
        match &mail.occasion {
            Occasion::AddressInUse | Occasion::PasswordReset { .. } => {
                let Some(email) = Email::parse(&mail.to) else {
                    return Ok(None);
                };
                Ok(users.find_by_email(&email).await?.map(|(user, _)| user))
            }
            Occasion::Verification { user } => {
                let found = users.find(*user).await?;
                Ok(found
                    .filter(|user| user.email.as_deref() == Some(mail.to.as_str()) && !user.email_verified))
            }
            Occasion::LeaveAddress { user, change, .. } | Occasion::TakeAddress { user, change } => {
                Ok(users.find_changing(*user, *change).await?)
            }
            Occasion::DeletionPlanned { user } => {
                let found = users.find(*user).await?;
                // There is nothing to say when they have thought better of it, and nothing to keep when it is too late.
                let now = self.clock.now();
                Ok(found.filter(|user| user.deletion_due.is_some_and(|due| due > now)))
            }
            Occasion::PasswordChanged { user } | Occasion::AddressLeft { user, .. } => {
                users.find(*user).await
            }
            Occasion::Invitation { .. } | Occasion::AccountDeleted => Ok(None),
        }
    }

    /// Makes the link of this mail the one that works; `None` when a newer mail has one, or it was used already.
    async fn link(
        &self,
        mail: &Mail,
        user: &User,
        purpose: Purpose,
        change: Option<EmailChangeId>,
    ) -> Result<Option<LinkSecret>, StoreError> {
        let secret = self.sessions.link_secret(mail.id);
        let lifetime = purpose.lifetime().map(|lifetime| self.clock.now() + lifetime);
        let Some(expires_at) = lifetime.or(user.deletion_due) else {
            return Ok(None);
        };
        let link = Link {
            user: user.id,
            purpose,
            mail: mail.id,
            change,
            hash: secret.hash(),
            expires_at,
        };
        let works = self
            .stores
            .links
            .offer(&link, link.expires_at + REMEMBERED)
            .await?;
        Ok(works.then_some(secret))
    }
}
