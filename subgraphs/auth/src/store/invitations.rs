//! How invitations are stored. What happens to them is in `invitation_changes`, who sees them in `invitation_lists`.

use constellation_shared::household::{HouseholdId, Role};
use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use mongodb::bson::spec::BinarySubtype;
use mongodb::bson::{Binary, DateTime, doc};
use mongodb::options::IndexOptions;
use mongodb::{Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use crate::domain::{CodeHash, Email, INVITATION_LIFETIME, Invitation, InvitationEnd, InvitationId};

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
    /// Where the code was mailed to, as whoever invited wrote it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The same as it is told apart.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email_key: Option<String>,
    created_at: DateTime,
    expires_at: DateTime,
    /// MongoDB removes the document some time after this.
    forget_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ended_at: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    end: Option<InvitationEnd>,
}

pub(super) async fn open(database: &Database) -> Result<Collection<InvitationDocument>, StoreError> {
    let invitations = database.collection("invitations");
    let unique = IndexOptions::builder().unique(true).build();
    let at_its_end = IndexOptions::builder()
        .expire_after(std::time::Duration::ZERO)
        .build();
    let mailed = IndexOptions::builder()
        .partial_filter_expression(doc! { "emailKey": { "$exists": true } })
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
                .keys(doc! { "emailKey": 1, "_id": -1 })
                .options(mailed)
                .build(),
            IndexModel::builder()
                .keys(doc! { "forgetAt": 1 })
                .options(at_its_end)
                .build(),
        ])
        .await?;
    Ok(invitations)
}

/// As an end is stored.
pub(super) const fn name(end: InvitationEnd) -> &'static str {
    match end {
        InvitationEnd::Accepted => "ACCEPTED",
        InvitationEnd::Declined => "DECLINED",
        InvitationEnd::Revoked => "REVOKED",
        InvitationEnd::Replaced => "REPLACED",
    }
}

pub(super) fn binary(hash: &CodeHash) -> Binary {
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
            email: invitation.email.as_ref().map(|email| email.as_str().to_owned()),
            email_key: invitation.email.as_ref().map(|email| email.key().to_owned()),
            created_at: invitation.created_at.into(),
            expires_at: invitation.expires_at.into(),
            // Who comes too late is told so for as long again.
            forget_at: (invitation.expires_at + INVITATION_LIFETIME).into(),
            ended_at: None,
            end: None,
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
        let no_address = || StoreError::Corrupt("an invitation went to what is no address".into());
        let email = document
            .email
            .map(|email| Email::parse(&email).ok_or_else(no_address));
        Ok(Self {
            id: document.id,
            household: document.household_id,
            role: document.role,
            invited_by: document.invited_by,
            code: CodeHash(code),
            email: email.transpose()?,
            created_at: document.created_at.into(),
            expires_at: document.expires_at.into(),
            end: document.end,
        })
    }
}
