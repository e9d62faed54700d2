use constellation_shared::auth::Viewer;
use constellation_shared::id::UserId;
use secrecy::SecretString;

use super::{Credentials, LinkError};
use crate::domain::{BadLink, Device, Email, EmailChange, EventKind, Fault, Occasion, Purpose, User};
use crate::store::{Confirmed, Taken};

/// Why no change of address was begun.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EmailChangeError {
    #[error("this is no address")]
    Invalid,
    #[error("the account has this address already")]
    Unchanged,
    /// Told only where registering tells it too.
    #[error("another account has this address")]
    Taken,
    #[error("the password is wrong")]
    PasswordWrong,
    #[error(transparent)]
    Fault(#[from] Fault),
}

/// Why a change of address was not confirmed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConfirmEmailError {
    #[error(transparent)]
    Link(#[from] LinkError),
    #[error("another account has got this address meanwhile")]
    Taken,
}

impl From<Fault> for ConfirmEmailError {
    fn from(fault: Fault) -> Self {
        Self::Link(fault.into())
    }
}

impl Credentials {
    /// Begins to move the viewer's account to another address, or to give it its first: both addresses get a link to confirm
    /// it, the old one only if it is proven.
    pub(crate) async fn request_email_change(
        &self,
        viewer: &Viewer,
        new: &str,
        password: &SecretString,
        device: Device,
    ) -> Result<(), EmailChangeError> {
        let new = Email::parse(new).ok_or(EmailChangeError::Invalid)?;
        let (user, _) = self
            .prove(viewer, password, &device)
            .await?
            .ok_or(EmailChangeError::PasswordWrong)?;
        let owner = self.stores.users.find_by_email(&new).await.map_err(Fault::from)?;
        let taken = owner.as_ref().is_some_and(|(owner, _)| owner.id != user.id);
        if user.email.as_deref() == Some(new.as_str()) {
            return Err(EmailChangeError::Unchanged);
        }
        if taken && !self.discreet {
            return Err(EmailChangeError::Taken);
        }
        self.count_mail(&new, &device).await?;
        let change = EmailChange {
            id: self.mail_room.new_email_change(),
            email: new,
            old_confirmed: !user.email_verified,
            new_confirmed: false,
        };
        let mails = self.mails(&user, &change, taken);
        let event = self.events.event(
            user.id,
            Some(viewer.session),
            EventKind::EmailChangeRequested,
            device,
        );
        self.stores
            .request_email_change(&user, &change, &mails, &event)
            .await
            .map_err(Fault::from)?;
        self.mail_room.posted();
        Ok(())
    }

    fn mails(&self, user: &User, change: &EmailChange, taken: bool) -> Vec<crate::domain::Mail> {
        let new = change.email.as_str();
        let to_new = if taken {
            Occasion::AddressInUse
        } else {
            Occasion::TakeAddress {
                user: user.id,
                change: change.id,
            }
        };
        let to_old = Occasion::LeaveAddress {
            user: user.id,
            change: change.id,
            new: new.to_owned(),
        };
        let mut mails = vec![self.mail_room.mail(new, to_new)];
        if !change.old_confirmed {
            mails.extend(self.tell(user, to_old));
        }
        mails
    }

    /// Takes the link of one of the two addresses. `true` when the account has moved, `false` while the other address
    /// has not confirmed it.
    pub(crate) async fn confirm_email_change(
        &self,
        token: &str,
        device: Device,
    ) -> Result<bool, ConfirmEmailError> {
        let link = self
            .link(token, &[Purpose::LeaveAddress, Purpose::TakeAddress])
            .await?;
        let (user, new) = self.changing(link.user).await?;
        let left = Occasion::AddressLeft { user: link.user, new };
        let told = self.tell(&user, left);
        let event = self
            .events
            .event(link.user, None, EventKind::EmailChanged, device);
        let confirmed = self
            .stores
            .confirm_email_change(&link, told.as_ref(), &event, self.clock.now())
            .await
            .map_err(Fault::from)?
            .map_err(|Taken| ConfirmEmailError::Taken)?
            .map_err(LinkError::Bad)?;
        let changed = confirmed == Confirmed::Changed;
        if changed {
            self.mail_room.posted();
        }
        Ok(changed)
    }

    /// A person, and the address that they want.
    async fn changing(&self, user: UserId) -> Result<(User, String), LinkError> {
        let found = self
            .stores
            .users
            .find_with_email_change(user)
            .await
            .map_err(Fault::from)?;
        let (user, change) = found.ok_or(LinkError::Bad(BadLink::Invalid))?;
        Ok((user, change.email.as_str().to_owned()))
    }
}
