//! What happens to invitations: each change is one transaction, or one write.

use std::sync::Arc;

use chrono::Utc;
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, transaction};
use futures_util::FutureExt as _;
use mongodb::bson::{Bson, DateTime, Document, doc};
use mongodb::error::Error;

use super::HouseholdStore;
use super::invitations::{InvitationDocument, binary, name};
use crate::domain::{
    Answered, Household, Invitation, InvitationEnd, InvitationId, MOST_INVITATIONS, Mail, Permission, Problem,
};

type Answer<T> = Result<Result<T, Problem>, StoreError>;

impl HouseholdStore {
    /// Writes an invitation with its mail, if its maker may invite and there are not too many. An open one that went to the
    /// same address ends by that.
    pub(crate) async fn invite(
        &self,
        invitation: Invitation,
        mail: Option<Mail>,
        now: chrono::DateTime<Utc>,
    ) -> Answer<Invitation> {
        let context = (self.clone(), invitation, mail);
        let invited = transaction(
            self.households.client(),
            context,
            move |session, (store, invitation, mail)| {
                async move {
                    let (household, by) = (invitation.household, invitation.invited_by);
                    let allowed = Arc::new(move |household: &mut Household| household.allow(by, Permission::Invite));
                    if let Err(problem) = store.change_in(session, household, now, allowed).await? {
                        return Ok(Err(problem));
                    }
                    if let Some(email) = &invitation.email {
                        let mut earlier = still_open(household, now);
                        earlier.insert("emailKey", email.key());
                        store
                            .invitations
                            .update_many(earlier, ending(InvitationEnd::Replaced, now))
                            .session(&mut *session)
                            .await?;
                    }
                    let open = store
                        .invitations
                        .count_documents(still_open(household, now))
                        .session(&mut *session)
                        .await?;
                    if open >= MOST_INVITATIONS {
                        return Ok(Err(Problem::TooManyInvitations));
                    }
                    // Two at the same moment both write the household, so they cannot miss each other.
                    let this = doc! { "_id": ids::bson(household) };
                    store
                        .households
                        .update_one(this, doc! { "$set": { "invitedAt": DateTime::from(now) }, "$inc": { "invited": 1_i64 } })
                        .session(&mut *session)
                        .await?;
                    let document = InvitationDocument::from(&*invitation);
                    store.invitations.insert_one(document).session(&mut *session).await?;
                    if let Some(mail) = mail {
                        store.outbox.insert_in(session, mail).await?;
                    }
                    Ok(Ok(invitation.clone()))
                }
                .boxed()
            },
        );
        Ok(invited.await?)
    }

    /// Lets somebody into the household that this invitation is for, and uses it up.
    pub(crate) async fn accept(
        &self,
        answered: Answered,
        user: UserId,
        now: chrono::DateTime<Utc>,
    ) -> Answer<Household> {
        let accepted = transaction(
            self.households.client(),
            (self.clone(), answered),
            move |session, (store, answered)| {
                async move {
                    let found = store
                        .invitations
                        .find_one(named(answered))
                        .session(&mut *session)
                        .await?;
                    let invitation = match usable(found, now).map_err(Error::custom)? {
                        Ok(invitation) => invitation,
                        Err(problem) => return Ok(Err(problem)),
                    };
                    let role = invitation.role;
                    let join = Arc::new(move |household: &mut Household| household.join(user, role, now));
                    let joined = store.change_in(session, invitation.household, now, join).await?;
                    if joined.is_ok() {
                        let this = doc! { "_id": ids::bson(invitation.id) };
                        store
                            .invitations
                            .update_one(this, ending(InvitationEnd::Accepted, now))
                            .session(session)
                            .await?;
                    }
                    Ok(joined)
                }
                .boxed()
            },
        );
        Ok(accepted.await?)
    }

    /// Makes an invitation useless.
    pub(crate) async fn decline(&self, answered: &Answered, now: chrono::DateTime<Utc>) -> Answer<()> {
        let found = self.invitations.find_one(named(answered)).await?;
        let invitation = match usable(found, now)? {
            Ok(invitation) => invitation,
            Err(problem) => return Ok(Err(problem)),
        };
        let ended = self
            .end_invitation(invitation.household, invitation.id, InvitationEnd::Declined, now)
            .await?;
        Ok(ended.then_some(()).ok_or(Problem::InvitationInvalid))
    }

    /// Removes the invitations that had gone to these addresses before their owner's account was erased.
    pub(super) async fn forget_invitations_to(
        &self,
        addresses: &[String],
        erased_at: chrono::DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let theirs =
            doc! { "emailKey": { "$in": addresses }, "createdAt": { "$lte": DateTime::from(erased_at) } };
        self.invitations.delete_many(theirs).await?;
        Ok(())
    }

    /// Ends an open invitation of a household; `false` when it has no such invitation any more.
    pub(crate) async fn end_invitation(
        &self,
        household: HouseholdId,
        invitation: InvitationId,
        end: InvitationEnd,
        now: chrono::DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut open = still_open(household, now);
        open.insert("_id", ids::bson(invitation));
        let ended = self.invitations.update_one(open, ending(end, now)).await?;
        Ok(ended.modified_count == 1)
    }
}

fn still_open(household: HouseholdId, now: chrono::DateTime<Utc>) -> Document {
    doc! {
        "householdId": ids::bson(household),
        "endedAt": null,
        "expiresAt": { "$gt": DateTime::from(now) },
    }
}

/// The invitation that somebody answers, unless it has ended. One that was replaced, used or taken back has the same answer
/// as one that never was.
fn named(answered: &Answered) -> Document {
    match answered {
        Answered::Code(hashes) => {
            let hashes: Vec<_> = hashes.iter().map(|hash| Bson::from(binary(hash))).collect();
            doc! { "codeHash": { "$in": hashes }, "endedAt": null }
        }
        Answered::Id(id, email) => {
            doc! { "_id": ids::bson(*id), "emailKey": email.key(), "endedAt": null }
        }
    }
}

fn ending(end: InvitationEnd, now: chrono::DateTime<Utc>) -> Document {
    doc! { "$set": { "endedAt": DateTime::from(now), "end": name(end) } }
}

/// The invitation, if it can be accepted now.
fn usable(
    found: Option<InvitationDocument>,
    now: chrono::DateTime<Utc>,
) -> Result<Result<Invitation, Problem>, StoreError> {
    let Some(found) = found else {
        return Ok(Err(Problem::InvitationInvalid));
    };
    let invitation = Invitation::try_from(found)?;
    Ok(if invitation.expires_at > now {
        Ok(invitation)
    } else {
        Err(Problem::InvitationExpired)
    })
}
