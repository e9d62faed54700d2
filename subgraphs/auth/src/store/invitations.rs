use std::sync::Arc;

use chrono::Utc;
use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids, transaction};
use futures_util::{FutureExt as _, TryStreamExt as _};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, Bson, DateTime, Document, doc};
use mongodb::error::Error;
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use super::HouseholdStore;
use crate::domain::{
    CodeHash, Household, INVITATION_LIFETIME, Invitation, InvitationEnd, InvitationId, MOST_INVITATIONS,
    Permission, Problem,
};

type Answer<T> = Result<Result<T, Problem>, StoreError>;

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitationDocument {
    #[serde(rename = "_id", with = "ids")]
    id: InvitationId,
    #[serde(with = "ids")]
    household_id: HouseholdId,
    role: Role,
    #[serde(with = "ids")]
    invited_by: UserId,
    code_hash: Binary,
    created_at: DateTime,
    expires_at: DateTime,
    /// MongoDB removes the document some time after this.
    forget_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime>,
}

pub(super) async fn open(database: &Database) -> Result<Collection<InvitationDocument>, StoreError> {
    let invitations = database.collection("invitations");
    let unique = IndexOptions::builder().unique(true).build();
    let at_its_end = IndexOptions::builder()
        .expire_after(std::time::Duration::ZERO)
        .build();
    invitations
        .create_indexes([
            IndexModel::builder()
                .keys(doc! { "codeHash": 1 })
                .options(unique)
                .build(),
            IndexModel::builder()
                .keys(doc! { "householdId": 1, "_id": 1 })
                .build(),
            IndexModel::builder()
                .keys(doc! { "forgetAt": 1 })
                .options(at_its_end)
                .build(),
        ])
        .await?;
    Ok(invitations)
}

impl HouseholdStore {
    /// The invitations of a household that can be accepted now, the oldest first.
    pub(crate) async fn open_invitations(
        &self,
        household: HouseholdId,
        now: chrono::DateTime<Utc>,
    ) -> Result<Vec<Invitation>, StoreError> {
        let found = self
            .invitations
            .find(still_open(household, now))
            .sort(doc! { "_id": 1 })
            .await?;
        let found: Vec<_> = found.try_collect().await?;
        found.into_iter().map(Invitation::try_from).collect()
    }

    /// Writes an invitation, if its maker may invite and there are not too many.
    pub(crate) async fn invite(
        &self,
        invitation: Invitation,
        now: chrono::DateTime<Utc>,
    ) -> Answer<Invitation> {
        let context = (self.clone(), invitation);
        let invited = transaction(
            self.households.client(),
            context,
            move |session, (store, invitation)| {
                async move {
                    let (household, by) = (invitation.household, invitation.invited_by);
                    let allowed = Arc::new(move |household: &mut Household| household.allow(by, Permission::Invite));
                    if let Err(problem) = store.change_in(session, household, now, allowed).await? {
                        return Ok(Err(problem));
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
                    store.invitations.insert_one(document).session(session).await?;
                    Ok(Ok(invitation.clone()))
                }
                .boxed()
            },
        );
        Ok(invited.await?)
    }

    /// Lets somebody into the household that this code is for, and uses the code up.
    pub(crate) async fn accept(
        &self,
        code: Vec<CodeHash>,
        user: UserId,
        now: chrono::DateTime<Utc>,
    ) -> Answer<Household> {
        let accepted = transaction(
            self.households.client(),
            (self.clone(), code),
            move |session, (store, code)| {
                async move {
                    let found = store
                        .invitations
                        .find_one(with_code(code))
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

    /// Makes the invitation with this code useless.
    pub(crate) async fn decline(&self, code: Vec<CodeHash>, now: chrono::DateTime<Utc>) -> Answer<()> {
        let found = self.invitations.find_one(with_code(&code)).await?;
        let invitation = match usable(found, now)? {
            Ok(invitation) => invitation,
            Err(problem) => return Ok(Err(problem)),
        };
        let ended = self
            .end_invitation(invitation.household, invitation.id, InvitationEnd::Declined, now)
            .await?;
        Ok(ended.then_some(()).ok_or(Problem::InvitationInvalid))
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

fn with_code(hashes: &[CodeHash]) -> Document {
    let hashes: Vec<_> = hashes.iter().map(|hash| Bson::from(binary(hash))).collect();
    doc! { "codeHash": { "$in": hashes }, "endedAt": null }
}

fn ending(end: InvitationEnd, now: chrono::DateTime<Utc>) -> Document {
    let how = match end {
        InvitationEnd::Accepted => "ACCEPTED",
        InvitationEnd::Declined => "DECLINED",
        InvitationEnd::Revoked => "REVOKED",
    };
    doc! { "$set": { "endedAt": DateTime::from(now), "end": how } }
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

fn binary(hash: &CodeHash) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: hash.0.to_vec(),
    }
}

impl From<&Invitation> for InvitationDocument {
    fn from(invitation: &Invitation) -> Self {
        Self {
            id: invitation.id,
            household_id: invitation.household,
            role: invitation.role,
            invited_by: invitation.invited_by,
            code_hash: binary(&invitation.code),
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
            // Who comes too late is told so for as long again.
            forget_at: (invitation.expires_at + INVITATION_LIFETIME).into(),
            ended_at: None,
        }
    }
}

impl TryFrom<InvitationDocument> for Invitation {
    type Error = StoreError;

    fn try_from(document: InvitationDocument) -> Result<Self, StoreError> {
        let code = document
            .code_hash
            .bytes
            .try_into()
            .map_err(|_| StoreError::Corrupt("the hash of a code has another length".into()))?;
        Ok(Self {
            id: document.id,
            household: document.household_id,
            role: document.role,
            invited_by: document.invited_by,
            code: CodeHash(code),
            created_at: document.created_at.into(),
            expires_at: document.expires_at.into(),
        })
    }
}
