use constellation_shared::auth::Viewer;

use super::{Credentials, LinkError};
use crate::domain::{Device, EventKind, Fault, Occasion, Purpose};

/// Why no link to prove an address was sent.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerificationError {
    #[error("the address is proven already")]
    AlreadyVerified,
    #[error("the account has no address")]
    NoAddress,
    #[error(transparent)]
    Fault(#[from] Fault),
}

impl Credentials {
    /// Sends the viewer a new link to prove that their address is theirs.
    pub(crate) async fn request_email_verification(
        &self,
        viewer: &Viewer,
        device: &Device,
    ) -> Result<(), VerificationError> {
        let user = self
            .stores
            .users
            .find(viewer.user)
            .await
            .map_err(Fault::from)?
            .ok_or(VerificationError::AlreadyVerified)?;
        if user.email_verified {
            return Err(VerificationError::AlreadyVerified);
        }
        let email = user.address().ok_or(VerificationError::NoAddress)?;
        self.count_mail(&email, device).await?;
        self.mail_room
            .post(email.as_str(), Occasion::Verification { user: user.id })
            .await
            .map_err(Fault::from)?;
        Ok(())
    }

    /// Takes the link that proves an address.
    pub(crate) async fn verify_email(&self, token: &str, device: Device) -> Result<(), LinkError> {
        let link = self.link(token, &[Purpose::VerifyEmail]).await?;
        let event = self
            .events
            .event(link.user, None, EventKind::EmailVerified, device);
        self.stores
            .verify_email(&link, &event, self.clock.now())
            .await
            .map_err(Fault::from)?
            .map_err(LinkError::Bad)
    }
}
