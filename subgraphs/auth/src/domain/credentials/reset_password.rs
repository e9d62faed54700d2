use secrecy::SecretString;

use super::{Credentials, LinkError, by};
use crate::domain::{BadLink, Device, Email, EventKind, Fault, Occasion, Password, PasswordProblem, Purpose};
use crate::store::NewPassword;

/// Why no password was set by a link.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResetPasswordError {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("the new password cannot be chosen")]
    New(PasswordProblem),
}

impl From<Fault> for ResetPasswordError {
    fn from(fault: Fault) -> Self {
        Self::Link(fault.into())
    }
}

impl Credentials {
    /// Asks for a link to set a new password. Nothing here looks whether there is an account, so nothing in the answer or
    /// its time can tell; whoever sends the mail looks. `false` when the text is no address at all.
    pub(crate) async fn request_password_reset(&self, email: &str, device: &Device) -> Result<bool, Fault> {
        let Some(email) = Email::parse(email) else {
            return Ok(false);
        };
        self.count_mail(&email, device).await?;
        let asker = device.clone();
        self.mail_room
            .post(email.as_str(), Occasion::PasswordReset { asker })
            .await?;
        Ok(true)
    }

    /// Sets a new password by a mailed link and ends all sessions. Whoever could use the link is known where they used it:
    /// amid a storm of guesses, this is the way in for a person whose device and address are both new.
    pub(crate) async fn reset_password(
        &self,
        token: &str,
        new: &SecretString,
        device: Device,
    ) -> Result<(), ResetPasswordError> {
        let from = device.clone();
        let link = self.link(token, &[Purpose::ResetPassword]).await?;
        let user = self.stores.users.find(link.user).await.map_err(Fault::from)?;
        let user = user.ok_or(LinkError::Bad(BadLink::Invalid))?;
        // A password that cannot be chosen leaves the link as it is, for a better one.
        let new = self.check(&user, Password::typed(new)).await?;
        let new = new.map_err(ResetPasswordError::New)?;
        let hash = self.hasher.hash(new).await.map_err(Fault::from)?;
        let mail = self.tell(&user, Occasion::PasswordChanged { user: user.id });
        let event = self.events.event(user.id, None, EventKind::PasswordReset, device);
        let reset = NewPassword {
            user: &user,
            hash: &hash,
            mail: mail.as_ref(),
            event: &event,
            now: self.clock.now(),
        };
        self.stores
            .reset_password(&reset, &link)
            .await
            .map_err(Fault::from)?
            .map_err(LinkError::Bad)?;
        self.mail_room.posted();
        let email = user.address();
        self.attempts.forget_known(&user).await;
        self.attempts
            .know_address(by(email.as_ref().map(Email::key), &from))
            .await;
        Ok(())
    }
}
