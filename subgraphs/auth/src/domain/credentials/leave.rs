//! How people leave: they ask for it with their password, and have some time to think better of it.

use chrono::{DateTime, Utc};
use constellation_shared::auth::Viewer;
use secrecy::SecretString;

use super::{Credentials, LinkError};
use crate::domain::{Device, EventKind, Fault, Occasion, Purpose, User};
use crate::store::Departure;

/// Why an account is not going to be deleted.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DeleteAccountError {
    #[error("the password is wrong")]
    PasswordWrong,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Credentials {
    /// Plans to erase the viewer's account, ends all their sessions and sends them a link to keep it. Asking again does not
    /// move the moment, which it gives.
    pub(crate) async fn delete_account(
        &self,
        viewer: &Viewer,
        password: &SecretString,
        device: Device,
    ) -> Result<DateTime<Utc>, DeleteAccountError> {
        let (user, present) = self
            .prove(viewer, password, &device)
            .await?
            .ok_or(DeleteAccountError::PasswordWrong)?;
        let now = self.clock.now();
        let due = user.deletion_due.unwrap_or(now + self.grace);
        let mail = Occasion::DeletionPlanned { user: user.id };
        let mail = self.tell(&user, mail);
        let kind = EventKind::AccountDeletionRequested;
        let event = self.events.event(user.id, Some(viewer.session), kind, device);
        let departure = Departure {
            user: user.id,
            due,
            mail: mail.as_ref(),
            event: &event,
            now,
        };
        let planned = self.stores.plan_deletion(&departure, &present).await;
        if !planned.map_err(Fault::from)? {
            // The password was changed meanwhile.
            return Err(DeleteAccountError::PasswordWrong);
        }
        self.mail_room.posted();
        Ok(due)
    }

    /// Keeps the viewer's account; `None` when it is gone.
    pub(crate) async fn keep_account(&self, viewer: &Viewer, device: Device) -> Result<Option<User>, Fault> {
        let kind = EventKind::AccountDeletionCancelled;
        let event = self.events.event(viewer.user, Some(viewer.session), kind, device);
        self.stores.keep_user(viewer.user, &event).await?;
        Ok(self.stores.users.find(viewer.user).await?)
    }

    /// Keeps the account whose owner was sent this link.
    pub(crate) async fn keep_account_by_link(&self, token: &str, device: Device) -> Result<(), LinkError> {
        let link = self.link(token, &[Purpose::KeepAccount]).await?;
        let kind = EventKind::AccountDeletionCancelled;
        let event = self.events.event(link.user, None, kind, device);
        self.stores
            .keep_user_by_link(&link, &event, self.clock.now())
            .await
            .map_err(Fault::from)?
            .map_err(LinkError::Bad)
    }
}
