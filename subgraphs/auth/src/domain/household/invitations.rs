use std::net::IpAddr;
use std::sync::Arc;

use constellation_shared::auth::Viewer;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::mongo::StoreError;

use super::{
    Answered, CodeHash, Household, HouseholdError, INVITATION_LIFETIME, Invitation, InvitationCode,
    InvitationEnd, InvitationId, InvitationState, Permission, Problem, ReceivedInvitation,
};
use crate::domain::attempts::Attempt;
use crate::domain::{Action, Attempter, Attempts, Email, MailRoom, Occasion, SessionFeed};
use crate::keys::LiveKeys;
use crate::store::{HouseholdStore, UserStore};

/// How somebody names the invitation that they answer, as they sent it.
#[derive(Debug, Clone)]
pub(crate) enum Named {
    /// Whoever has the code may answer.
    Code(String),
    /// Whoever has proven the address that it was sent to may.
    Id(InvitationId),
}

/// Invites people into households.
pub(crate) struct Invitations {
    pub(crate) store: HouseholdStore,
    pub(crate) users: UserStore,
    pub(crate) mail_room: Arc<MailRoom>,
    pub(crate) attempts: Arc<Attempts>,
    pub(crate) keys: Arc<LiveKeys>,
    pub(crate) feed: Arc<SessionFeed>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Invitations {
    /// The invitations of a household that are in these states, the oldest first; `None` when the viewer may not see them.
    pub(crate) async fn of(
        &self,
        viewer: &Viewer,
        household: &Household,
        states: &[InvitationState],
    ) -> Result<Option<Vec<(Invitation, InvitationState)>>, StoreError> {
        if household.allow(viewer.user, Permission::Invite).is_err() {
            return Ok(None);
        }
        let now = self.clock.now();
        let found = self.store.invitations_of(household.id, states, now).await?;
        let with_state = |invitation: Invitation| {
            let state = invitation.state(now);
            (invitation, state)
        };
        Ok(Some(found.into_iter().map(with_state).collect()))
    }

    /// The open invitations that were mailed to the viewer's address, the newest first. An address that is not proven may
    /// be anybody's.
    pub(crate) async fn received(&self, viewer: &Viewer) -> Result<Vec<ReceivedInvitation>, StoreError> {
        match self.proven_address(viewer).await? {
            Some(email) => self.store.received(viewer.user, &email, self.clock.now()).await,
            None => Ok(Vec::new()),
        }
    }

    /// Invites somebody by a code to read aloud. It is told now and never again.
    pub(crate) async fn invite(
        &self,
        viewer: &Viewer,
        household: HouseholdId,
        role: Role,
    ) -> Result<(Invitation, InvitationCode), HouseholdError> {
        let code = InvitationCode::generate(&*self.entropy);
        let hash = code.hash(self.keys.load().refresh().current());
        let id = InvitationId::generate(&*self.clock, &*self.entropy);
        let invitation = self.invitation(viewer, household, role, id, hash, None);
        let invited = self.store.invite(invitation, None, self.clock.now()).await?;
        Ok((invited?, code))
    }

    /// Invites somebody by a mail with a code, which nobody else is told. It takes the place of an earlier invitation of the
    /// same address. Nothing here looks whether the address has an account, so nothing in the answer or its time can tell.
    pub(crate) async fn invite_by_mail(
        &self,
        viewer: &Viewer,
        household: HouseholdId,
        role: Role,
        email: &str,
        address: Option<IpAddr>,
    ) -> Result<Invitation, HouseholdError> {
        self.may_invite(viewer, household).await?;
        let email = Email::parse(email).ok_or(Problem::EmailInvalid)?;
        let counted = self.count_mail(viewer, household, &email, address).await?;
        let id = InvitationId::generate(&*self.clock, &*self.entropy);
        let hash = {
            let keys = self.keys.load();
            let key = keys.refresh().current();
            InvitationCode::derive(key, id).hash(key)
        };
        let occasion = Occasion::Invitation { invitation: id };
        let mail = self.mail_room.mail(email.as_str(), occasion);
        let invitation = self.invitation(viewer, household, role, id, hash, Some(email));
        let invited = self
            .store
            .invite(invitation, Some(mail), self.clock.now())
            .await?;
        if invited.is_err() {
            // No mail is sent.
            for attempt in counted {
                self.attempts.undo(attempt).await;
            }
        }
        self.mail_room.posted();
        Ok(invited?)
    }

    /// Lets the viewer into the household that this invitation is for.
    pub(crate) async fn accept(
        &self,
        viewer: &Viewer,
        named: &Named,
        address: Option<IpAddr>,
    ) -> Result<Household, HouseholdError> {
        let (user, now) = (viewer.user, self.clock.now());
        let accepted = self
            .answer(viewer, named, address, async |answered| {
                self.store.accept(answered, user, now).await
            })
            .await?;
        self.feed.hear();
        Ok(accepted)
    }

    /// Makes an invitation useless on the word of whoever may accept it.
    pub(crate) async fn decline(
        &self,
        viewer: &Viewer,
        named: &Named,
        address: Option<IpAddr>,
    ) -> Result<(), HouseholdError> {
        let now = self.clock.now();
        self.answer(viewer, named, address, async |answered| {
            self.store.decline(&answered, now).await
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
        self.may_invite(viewer, household).await?;
        let ended = self
            .store
            .end_invitation(household, invitation, InvitationEnd::Revoked, self.clock.now())
            .await?;
        Ok(ended.then_some(()).ok_or(Problem::InvitationNotFound)?)
    }

    async fn may_invite(&self, viewer: &Viewer, household: HouseholdId) -> Result<(), HouseholdError> {
        let found = self.store.find_all(viewer.user, &[household]).await?;
        let household = found.first().ok_or(Problem::NotFound)?;
        Ok(household.allow(viewer.user, Permission::Invite)?)
    }

    fn invitation(
        &self,
        viewer: &Viewer,
        household: HouseholdId,
        role: Role,
        id: InvitationId,
        code: CodeHash,
        email: Option<Email>,
    ) -> Invitation {
        let now = self.clock.now();
        Invitation {
            id,
            household,
            role,
            invited_by: viewer.user,
            code,
            email,
            created_at: now,
            expires_at: now + INVITATION_LIFETIME,
            end: None,
        }
    }

    /// Counts a mail to somebody who did not ask for one: against whoever sends it, the household and the address.
    async fn count_mail(
        &self,
        viewer: &Viewer,
        household: HouseholdId,
        to: &Email,
        address: Option<IpAddr>,
    ) -> Result<Vec<Attempt>, HouseholdError> {
        let (person, household) = (viewer.user.to_string(), household.to_string());
        let mut counted = Vec::new();
        for (action, account, address) in [
            (Action::Inviting, person.as_str(), address),
            (Action::InvitingInto, household.as_str(), None),
            (Action::Invited, to.key(), None),
        ] {
            let by = Attempter {
                account: Some(account),
                address,
                device: None,
            };
            match self.attempts.begin(action, by).await {
                Ok(attempt) => counted.push(attempt),
                Err(error) => {
                    for attempt in counted {
                        self.attempts.undo(attempt).await;
                    }
                    return Err(error.into());
                }
            }
        }
        Ok(counted)
    }

    async fn proven_address(&self, viewer: &Viewer) -> Result<Option<Email>, StoreError> {
        let user = self.users.find(viewer.user).await?;
        let proven = user.filter(|user| user.email_verified);
        Ok(proven.and_then(|user| user.address()))
    }

    /// Answers an invitation. A code that is wrong counts against whoever tries it; an id of somebody else's invitation opens
    /// nothing, however often it is tried.
    async fn answer<T>(
        &self,
        viewer: &Viewer,
        named: &Named,
        address: Option<IpAddr>,
        act: impl AsyncFnOnce(Answered) -> Result<Result<T, Problem>, StoreError>,
    ) -> Result<T, HouseholdError> {
        let code = match named {
            Named::Code(code) => code,
            Named::Id(id) => {
                let email = self.proven_address(viewer).await?;
                let email = email.ok_or(Problem::InvitationInvalid)?;
                return Ok(act(Answered::Id(*id, email)).await??);
            }
        };
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
                let keys = self.keys.load();
                let hashes = keys.refresh().all().map(|key| code.hash(key)).collect();
                act(Answered::Code(hashes)).await
            }
            None => Ok(Err(Problem::InvitationInvalid)),
        };
        if !matches!(done, Ok(Err(Problem::InvitationInvalid))) {
            self.attempts.undo(attempt).await;
        }
        Ok(done??)
    }
}
