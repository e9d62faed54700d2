//! The mail that brings an invitation to somebody, who may have an account or not.

use constellation_shared::mongo::StoreError;

use super::{Content, InvitationCode, InvitationId, InvitationState, Letter, Mail, MailRoom};
use crate::Keys;

impl MailRoom {
    /// The letter with the code of this invitation; `None` when it is not open any more.
    pub(super) async fn invitation(
        &self,
        mail: &Mail,
        id: InvitationId,
    ) -> Result<Option<Letter>, StoreError> {
        let now = self.clock.now();
        let Some(found) = self.stores.households.mailed_invitation(id).await? else {
            return Ok(None);
        };
        let invitation = &found.invitation;
        // It was made with the key that was the current one then.
        let derive = |keys: &Keys| {
            keys.refresh().all().find_map(|key| {
                let code = InvitationCode::derive(key, id);
                (code.hash(key) == invitation.code).then_some(code)
            })
        };
        let keys = &self.sessions.keys;
        let code = match derive(&keys.load()) {
            Some(code) => Some(code),
            // Another replica may have been faster to take up a new key.
            None => derive(&*keys.newest().await),
        };
        let open = invitation.state(now) == InvitationState::Open;
        Ok(code.filter(|_| open).map(|code| Letter {
            id: mail.id,
            to: mail.to.clone(),
            name: None,
            written_at: now,
            content: Content::Invitation {
                code,
                expires_at: invitation.expires_at,
                household: found.household,
                invited_by: found.invited_by,
            },
        }))
    }
}
