//! The accounts of children who have no address: what an owner or adult of their household does for them.

use std::sync::Arc;

use constellation_shared::auth::Viewer;
use constellation_shared::entropy::Entropy;
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use secrecy::SecretString;

use super::Credentials;
use crate::domain::{
    Action, Attempter, Device, DisplayName, EventKind, Fault, Household, HouseholdError, Password,
    PasswordHash, PasswordProblem, Permission, Problem, SessionFeed, User, Username,
};
use crate::store::ChildCare;

/// The account of a child as an adult wants it, as they typed it.
pub(crate) struct NewChild {
    pub(crate) household: HouseholdId,
    pub(crate) display_name: String,
    pub(crate) username: String,
    pub(crate) password: SecretString,
}

/// Makes and recovers the accounts of children.
///
/// Such an account belongs to one household for as long as it has no address, as a child, and there is always an owner who can
/// recover it: it is neither taken out nor made anything else, and joins no other household, where others could.
pub(crate) struct Children {
    pub(crate) credentials: Arc<Credentials>,
    pub(crate) feed: Arc<SessionFeed>,
    pub(crate) entropy: Arc<dyn Entropy>,
}

impl Children {
    /// Makes the account of a child. All problems of the input are told at once, but that the username is taken: that costs
    /// an attempt, whoever asks.
    pub(crate) async fn create(
        &self,
        viewer: &Viewer,
        new: NewChild,
        device: Device,
    ) -> Result<Result<(Household, User), Vec<Problem>>, HouseholdError> {
        let on = &*self.credentials;
        let household = self.household(viewer, new.household).await?;
        household.allow(viewer.user, Permission::LookAfterChildren)?;
        let now = on.clock.now();
        let password = Password::typed(&new.password);
        let about = vec![new.username.clone(), new.display_name.clone()];
        let strong = on.hasher.judge(on.policy, password, about).await;
        let strong = strong.map_err(Fault::from)?;
        let (name, username) = (
            DisplayName::parse(&new.display_name),
            Username::parse(&new.username),
        );
        let (display_name, username, password) = match (name, username, strong) {
            (Some(display_name), Some(username), Ok(password)) => (display_name, username, password),
            (name, username, strong) => {
                let problems = [
                    name.is_none().then_some(Problem::DisplayNameInvalid),
                    username.is_none().then_some(Problem::UsernameInvalid),
                    strong.err().map(unfit),
                ];
                return Ok(Err(problems.into_iter().flatten().collect()));
            }
        };
        let account = format!("children of {}", viewer.user);
        let by = Attempter {
            account: Some(&account),
            address: device.address,
            device: None,
        };
        on.hasher.check_room().map_err(Fault::from)?;
        // One that succeeds counts too, as with registering.
        let attempt = on.attempts.begin(Action::Registration, by).await?;
        let hash = match on.hasher.hash(password).await {
            Ok(hash) => hash,
            Err(error) => {
                on.attempts.undo(attempt).await;
                return Err(Fault::from(error).into());
            }
        };
        let child = User {
            id: UserId::generate(&*on.clock, &*self.entropy),
            email: None,
            email_verified: false,
            username: Some(username),
            display_name,
            created_at: now,
            disabled_at: None,
            deletion_due: None,
        };
        let kinds = [EventKind::ChildAccountCreated, EventKind::ChildAccountCreated];
        let care = self.care(viewer, new.household, child.id, hash, kinds, device);
        let created = on.stores.create_child(&child, care).await?;
        self.feed.hear();
        Ok(created
            .map(|household| (household, child))
            .map_err(|problem| vec![problem]))
    }

    /// Sets a new password for a child's account and ends its sessions. It takes the adult's own password: an unlocked phone
    /// must not be enough. Gives the child.
    pub(crate) async fn reset_password(
        &self,
        viewer: &Viewer,
        household: HouseholdId,
        child: UserId,
        passwords: (&SecretString, &SecretString),
        device: Device,
    ) -> Result<User, HouseholdError> {
        let on = &*self.credentials;
        let (own, new) = passwords;
        self.household(viewer, household)
            .await?
            .looks_after(viewer.user, child)?;
        let user = on.stores.users.find(child).await?;
        let user = user.ok_or(Problem::MemberNotFound)?;
        on.prove(viewer, own, &device)
            .await?
            .ok_or(Problem::PasswordWrong)?;
        let new = on.check(&user, Password::typed(new)).await?;
        let new = new.map_err(unfit)?;
        let hash = on.hasher.hash(new).await.map_err(Fault::from)?;
        let kinds = [EventKind::PasswordResetByAdult, EventKind::ChildPasswordReset];
        let care = self.care(viewer, household, child, hash, kinds, device);
        on.stores.reset_child_password(child, care).await??;
        on.attempts.forget_known(&user).await;
        self.feed.hear();
        Ok(user)
    }

    async fn household(&self, viewer: &Viewer, id: HouseholdId) -> Result<Household, HouseholdError> {
        let households = &self.credentials.stores.households;
        let found = households.find_all(viewer.user, &[id]).await?;
        Ok(found.into_iter().next().ok_or(Problem::NotFound)?)
    }

    /// What is written of it in the histories of both. Where an adult is, is no child's to know.
    fn care(
        &self,
        viewer: &Viewer,
        household: HouseholdId,
        child: UserId,
        hash: PasswordHash,
        [of_child, of_adult]: [EventKind; 2],
        device: Device,
    ) -> ChildCare {
        let on = &*self.credentials;
        ChildCare {
            household,
            adult: viewer.user,
            hash,
            events: [
                on.events.event(child, None, of_child, Device::default()),
                on.events
                    .event(viewer.user, Some(viewer.session), of_adult, device),
            ],
            now: on.clock.now(),
        }
    }
}

fn unfit(problem: PasswordProblem) -> Problem {
    match problem {
        PasswordProblem::TooLong => Problem::PasswordTooLong,
        other => Problem::PasswordTooWeak(other),
    }
}
