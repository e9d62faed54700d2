//! How people change what they sign in with: their password and their address.

mod change_email;
mod change_password;
mod children;
mod leave;
mod reset_password;
mod verify_email;

pub(crate) use change_email::{ConfirmEmailError, EmailChangeError};
pub(crate) use change_password::ChangePasswordError;
pub(crate) use children::{Children, NewChild};
pub(crate) use leave::DeleteAccountError;
pub(crate) use reset_password::ResetPasswordError;
pub(crate) use verify_email::VerificationError;

use std::sync::Arc;

use chrono::TimeDelta;
use constellation_shared::auth::Viewer;
use constellation_shared::clock::Clock;
use secrecy::SecretString;

use super::hashing::Verdict;
use super::{
    Action, Attempter, Attempts, BadLink, Device, Email, Fault, Link, LinkSecret, Mail, MailRoom, Occasion,
    Password, PasswordHash, PasswordHasher, PasswordPolicy, PasswordProblem, Purpose, SecurityEvents,
    SignInName, User, Username,
};
use crate::store::Stores;

/// Changes passwords and addresses.
pub(crate) struct Credentials {
    pub(crate) stores: Stores,
    pub(crate) mail_room: Arc<MailRoom>,
    pub(crate) events: Arc<SecurityEvents>,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) hasher: Arc<PasswordHasher>,
    pub(crate) policy: PasswordPolicy,
    pub(crate) clock: Arc<dyn Clock>,
    /// How long an account is kept after its owner wanted it deleted.
    pub(crate) grace: TimeDelta,
    /// Whether nobody may find out who has an account.
    pub(crate) discreet: bool,
}

/// Why a link did nothing.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LinkError {
    #[error("the link does not work")]
    Bad(BadLink),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Credentials {
    /// The viewer's account with the hash of its password, if `password` is the right one. A wrong one stands
    /// in their history as a failed sign-in: who holds an access token of somebody has few guesses, and not in secret.
    async fn prove(
        &self,
        viewer: &Viewer,
        password: &SecretString,
        device: &Device,
    ) -> Result<Option<(User, PasswordHash)>, Fault> {
        let Some((user, hash)) = self.stores.users.find_with_hash(viewer.user).await? else {
            return Ok(None);
        };
        let name = user.sign_in_name();
        let attempt = self
            .attempts
            .begin(Action::Proof, by(name.as_ref().map(SignInName::key), device))
            .await?;
        let verdict = self
            .hasher
            .verify(Password::to_compare(password), Some(hash.clone()))
            .await;
        if matches!(verdict, Ok(Verdict::Wrong)) {
            self.events
                .record_failed_sign_in(Some(user.id), device.clone())
                .await;
        } else {
            self.attempts.undo(attempt).await;
        }
        Ok((verdict? != Verdict::Wrong).then_some((user, hash)))
    }

    /// Counts a mail that goes to this address on somebody's word. It stays counted.
    async fn count_mail(&self, to: &Email, device: &Device) -> Result<(), Fault> {
        let _counted = self
            .attempts
            .begin(Action::Mail, by(Some(to.key()), device))
            .await?;
        Ok(())
    }

    /// The mail that tells somebody of something, if they have an address.
    fn tell(&self, user: &User, occasion: Occasion) -> Option<Mail> {
        let email = user.email.as_deref()?;
        Some(self.mail_room.mail(email, occasion))
    }

    /// The link that somebody sent the secret of.
    async fn link(&self, token: &str, purposes: &[Purpose]) -> Result<Link, LinkError> {
        let secret = LinkSecret::parse(token).ok_or(LinkError::Bad(BadLink::Invalid))?;
        let found = self
            .stores
            .links
            .find(&secret.hash(), purposes, self.clock.now())
            .await
            .map_err(Fault::from)?;
        found.map_err(LinkError::Bad)
    }

    /// The password, if this person may choose it.
    async fn check(
        &self,
        user: &User,
        password: Password,
    ) -> Result<Result<Password, PasswordProblem>, Fault> {
        let username = user.username.as_ref().map(Username::as_str);
        let about = [user.email.as_deref(), username, Some(user.display_name.as_str())];
        let about = about.into_iter().flatten().map(str::to_owned).collect();
        Ok(self.hasher.judge(self.policy, password, about).await?)
    }
}

/// Who tries something at an account, as its key. The address and the account are what is known here.
fn by<'a>(account: Option<&'a str>, device: &Device) -> Attempter<'a> {
    Attempter {
        account,
        address: device.address,
        device: None,
    }
}
