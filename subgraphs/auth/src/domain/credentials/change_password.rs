use constellation_shared::auth::Viewer;
use secrecy::SecretString;

use super::{Credentials, by};
use crate::domain::{Device, EventKind, Fault, Occasion, Password, PasswordProblem, SignInName, User};
use crate::store::NewPassword;

/// Why a password was not changed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ChangePasswordError {
    #[error("the current password is wrong")]
    CurrentWrong,
    #[error("the new password cannot be chosen")]
    New(PasswordProblem),
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Credentials {
    /// Gives the viewer a new password and ends their other sessions.
    pub(crate) async fn change_password(
        &self,
        viewer: &Viewer,
        current: &SecretString,
        new: &SecretString,
        device: Device,
    ) -> Result<User, ChangePasswordError> {
        let from = device.clone();
        let (user, present) = self
            .prove(viewer, current, &device)
            .await?
            .ok_or(ChangePasswordError::CurrentWrong)?;
        let new = self.check(&user, Password::typed(new)).await?;
        let new = new.map_err(ChangePasswordError::New)?;
        let hash = self.hasher.hash(new).await.map_err(Fault::from)?;
        let mail = self.tell(&user, Occasion::PasswordChanged { user: user.id });
        let event = self
            .events
            .event(user.id, Some(viewer.session), EventKind::PasswordChanged, device);
        let change = NewPassword {
            user: &user,
            hash: &hash,
            mail: mail.as_ref(),
            event: &event,
            now: self.clock.now(),
        };
        let changed = self
            .stores
            .change_password(&change, &present, viewer.session)
            .await
            .map_err(Fault::from)?;
        if !changed {
            // Another change came first: what was current when this one began is not any more.
            return Err(ChangePasswordError::CurrentWrong);
        }
        self.mail_room.posted();
        self.attempts.forget_known(&user).await;
        let name = user.sign_in_name();
        let here = by(name.as_ref().map(SignInName::key), &from);
        self.attempts.know_address(here).await;
        Ok(user)
    }
}
