use std::net::IpAddr;
use std::sync::Arc;

use constellation_shared::auth::Viewer;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::mongo::StoreError;

use super::{
    CodeHash, Household, HouseholdError, INVITATION_LIFETIME, Invitation, InvitationCode, InvitationEnd,
    InvitationId, Permission, Problem,
};
use crate::domain::{Action, Attempter, Attempts, SessionFeed};
use crate::keys::LiveKeys;
use crate::store::HouseholdStore;

/// Invites people into households.
pub(crate) struct Invitations {
    pub(crate) store: HouseholdStore,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) keys: Arc<LiveKeys>,
    pub(crate) feed: Arc<SessionFeed>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Invitations {
    /// The open invitations of a household, the oldest first; `None` when the viewer may not see them.
    pub(crate) async fn open(
        &self,
        viewer: &Viewer,
        household: &Household,
    ) -> Result<Option<Vec<Invitation>>, StoreError> {
        if household.allow(viewer.user, Permission::Invite).is_err() {
            return Ok(None);
        }
        self.store
            .open_invitations(household.id, self.clock.now())
            .await
            .map(Some)
    }

    /// Invites somebody. The code is told now and never again.
    pub(crate) async fn invite(
        &self,
        viewer: &Viewer,
        household: HouseholdId,
        role: Role,
    ) -> Result<(Invitation, InvitationCode), HouseholdError> {
        let code = InvitationCode::generate(&*self.entropy);
        let now = self.clock.now();
        let invitation = Invitation {
            id: InvitationId::generate(&*self.clock, &*self.entropy),
            household,
            role,
            invited_by: viewer.user,
            code: code.hash(self.keys.load().refresh().current()),
            created_at: now,
            expires_at: now + INVITATION_LIFETIME,
        };
        let invited = self.store.invite(invitation, now).await?;
        Ok((invited?, code))
    }

    /// Lets the viewer into the household that this code is for.
    pub(crate) async fn accept(
        &self,
        viewer: &Viewer,
        code: &str,
        address: Option<IpAddr>,
    ) -> Result<Household, HouseholdError> {
        let (user, now) = (viewer.user, self.clock.now());
        let accepted = self
            .guess(viewer, code, address, async |hashes| {
                self.store.accept(hashes, user, now).await
            })
            .await?;
        self.feed.hear();
        Ok(accepted)
    }

    /// Makes an invitation useless on the word of whoever has its code.
    pub(crate) async fn decline(
        &self,
        viewer: &Viewer,
        code: &str,
        address: Option<IpAddr>,
    ) -> Result<(), HouseholdError> {
        let now = self.clock.now();
        self.guess(viewer, code, address, async |hashes| {
            self.store.decline(hashes, now).await
        })
        .await
    }

    /// Takes an invitation back.
    pub(crate) async fn revoke(
        &self,
        viewer: &Viewer,
        household: HouseholdId,
        invitation: InvitationId,
    ) -> Result<(), HouseholdError> {
        let found = self.store.find_all(viewer.user, &[household]).await?;
        let household = found.first().ok_or(Problem::NotFound)?;
        household.allow(viewer.user, Permission::Invite)?;
        let ended = self
            .store
            .end_invitation(household.id, invitation, InvitationEnd::Revoked, self.clock.now())
            .await?;
        Ok(ended.then_some(()).ok_or(Problem::InvitationNotFound)?)
    }

    /// Tries a code. One that is wrong counts against whoever tries it.
    async fn guess<T>(
        &self,
        viewer: &Viewer,
        code: &str,
        address: Option<IpAddr>,
        act: impl AsyncFnOnce(Vec<CodeHash>) -> Result<Result<T, Problem>, StoreError>,
    ) -> Result<T, HouseholdError> {
        let account = viewer.user.to_string();
        let by = Attempter {
            account: Some(&account),
            address,
            device: None,
        };
        let attempt = self.attempts.begin(Action::Invitation, by).await?;
        let done = match InvitationCode::parse(code) {
            // It may be of any key that was ever used and is still known.
            Some(code) => {
                let hashes = self
                    .keys
                    .load()
                    .refresh()
                    .all()
                    .map(|key| code.hash(key))
                    .collect();
                act(hashes).await
            }
            None => Ok(Err(Problem::InvitationInvalid)),
        };
        if !matches!(done, Ok(Err(Problem::InvitationInvalid))) {
            self.attempts.undo(attempt).await;
        }
        Ok(done??)
    }
}
