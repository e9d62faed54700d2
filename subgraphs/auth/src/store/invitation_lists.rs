//! Who sees which invitations.

use std::collections::HashMap;

use chrono::Utc;
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{DateTime, Document, doc};

use super::HouseholdStore;
use super::invitations::name;
use crate::domain::{Email, Household, Invitation, InvitationId, InvitationState, ReceivedInvitation};

/// The most invitations that one list has. More than these are open for no household, and those that have ended are
/// forgotten after a week.
const MOST_LISTED: usize = 100;

/// The most that somebody is shown of those that they got.
const MOST_RECEIVED: usize = 20;

impl HouseholdStore {
    /// The invitations of a household that are in one of these states, the oldest first: the newest hundred of them.
    pub(crate) async fn invitations_of(
        &self,
        household: HouseholdId,
        states: &[InvitationState],
        now: chrono::DateTime<Utc>,
    ) -> Result<Vec<Invitation>, StoreError> {
        if states.is_empty() {
            return Ok(Vec::new());
        }
        let states: Vec<_> = states.iter().map(|state| in_state(*state, now)).collect();
        let wanted = doc! { "householdId": ids::bson(household), "$or": states };
        let mut found = self.invitations_by(wanted, MOST_LISTED).await?;
        found.reverse();
        Ok(found)
    }

    /// The open invitations that went to an address of this person's, the newest first, into households that they do not
    /// belong to.
    pub(crate) async fn received(
        &self,
        user: UserId,
        email: &Email,
        now: chrono::DateTime<Utc>,
    ) -> Result<Vec<ReceivedInvitation>, StoreError> {
        let mut open = in_state(InvitationState::Open, now);
        open.insert("emailKey", email.key());
        let found = self.invitations_by(open, MOST_RECEIVED).await?;
        let received = self.with_names(found).await?;
        let new = |(household, received): (Household, ReceivedInvitation)| {
            household.role_of(user).is_none().then_some(received)
        };
        Ok(received.into_iter().filter_map(new).collect())
    }

    /// An invitation for the mail that brings it.
    pub(crate) async fn mailed_invitation(
        &self,
        id: InvitationId,
    ) -> Result<Option<ReceivedInvitation>, StoreError> {
        let found = self.invitations_by(doc! { "_id": ids::bson(id) }, 1).await?;
        let found = self.with_names(found).await?.pop();
        Ok(found.map(|(_, received)| received))
    }

    /// The newest invitations of these.
    async fn invitations_by(&self, wanted: Document, most: usize) -> Result<Vec<Invitation>, StoreError> {
        let most = i64::try_from(most).unwrap_or(i64::MAX);
        let found = self.invitations.find(wanted).sort(doc! { "_id": -1 }).limit(most);
        let found: Vec<_> = found.await?.try_collect().await?;
        found.into_iter().map(Invitation::try_from).collect()
    }

    /// The same with the households that they are into, but for those that nobody is left in, and with the names of those
    /// who invite.
    async fn with_names(
        &self,
        invitations: Vec<Invitation>,
    ) -> Result<Vec<(Household, ReceivedInvitation)>, StoreError> {
        if invitations.is_empty() {
            return Ok(Vec::new());
        }
        let wanted: Vec<_> = invitations
            .iter()
            .map(|invitation| ids::bson(invitation.household))
            .collect();
        let households: Vec<_> = self
            .households
            .find(doc! { "_id": { "$in": wanted }, "members": { "$ne": [] } })
            .await?
            .try_collect()
            .await?;
        let households: Vec<_> = households
            .into_iter()
            .map(Household::try_from)
            .collect::<Result<_, _>>()?;
        let people: Vec<_> = invitations
            .iter()
            .map(|invitation| invitation.invited_by)
            .collect();
        let people = self.users.find_all(&people).await?;
        let names: HashMap<_, _> = people
            .into_iter()
            .map(|user| (user.id, user.display_name))
            .collect();
        let with_names = invitations.into_iter().filter_map(|invitation| {
            let into = |household: &&Household| household.id == invitation.household;
            let household = households.iter().find(into)?.clone();
            let received = ReceivedInvitation {
                household: household.name.clone(),
                invited_by: names.get(&invitation.invited_by).cloned(),
                invitation,
            };
            Some((household, received))
        });
        Ok(with_names.collect())
    }
}

fn in_state(state: InvitationState, now: chrono::DateTime<Utc>) -> Document {
    let now = DateTime::from(now);
    match state {
        InvitationState::Open => doc! { "endedAt": null, "expiresAt": { "$gt": now } },
        InvitationState::Expired => doc! { "endedAt": null, "expiresAt": { "$lte": now } },
        InvitationState::Ended(end) => doc! { "end": name(end) },
    }
}
