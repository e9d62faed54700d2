use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{DateTime, doc};
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use super::standing;
use super::user_changes::EmailChangeDocument;
use crate::domain::{DisplayName, Email, PasswordHash, User};

/// The address has an account already.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken;

/// The accounts.
#[derive(Clone)]
pub(crate) struct UserStore(pub(super) Collection<UserDocument>);

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserDocument {
    #[serde(rename = "_id", with = "ids")]
    id: UserId,
    email: String,
    /// The address as it is told apart; unique.
    email_key: String,
    display_name: String,
    password_hash: String,
    created_at: DateTime,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email_verified_at: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    disabled_at: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    deletion_due_at: Option<DateTime>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) email_change: Option<EmailChangeDocument>,
}

impl UserStore {
    pub(super) async fn open(database: &Database) -> Result<Self, StoreError> {
        let users = database.collection("users");
        let unique = IndexOptions::builder().unique(true).build();
        let leaving = IndexOptions::builder()
            .partial_filter_expression(doc! { "deletionDueAt": { "$exists": true } })
            .build();
        users
            .create_indexes([
                IndexModel::builder()
                    .keys(doc! { "emailKey": 1 })
                    .options(unique)
                    .build(),
                standing::index(),
                IndexModel::builder()
                    .keys(doc! { "deletionDueAt": 1 })
                    .options(leaving)
                    .build(),
            ])
            .await?;
        Ok(Self(users))
    }

    pub(super) async fn insert(
        &self,
        transaction: &mut ClientSession,
        user: &User,
        email: &Email,
        hash: &PasswordHash,
    ) -> mongodb::error::Result<()> {
        let document = UserDocument::new(user, email, hash);
        self.0.insert_one(document).session(transaction).await?;
        Ok(())
    }

    pub(crate) async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self
            .0
            .find_one(doc! { "_id": ids::bson(id) })
            .await?
            .map(UserDocument::into_user))
    }

    /// The accounts of these people, in no order; who does not exist is left out.
    pub(crate) async fn find_all(&self, wanted: &[UserId]) -> Result<Vec<User>, StoreError> {
        let wanted: Vec<_> = wanted.iter().map(|id| ids::bson(*id)).collect();
        let found = self.0.find(doc! { "_id": { "$in": wanted } }).await?;
        Ok(found.map_ok(UserDocument::into_user).try_collect().await?)
    }

    /// The account of this address, with its password's hash.
    pub(crate) async fn find_by_email(
        &self,
        email: &Email,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let found = self.0.find_one(doc! { "emailKey": email.key() }).await?;
        Ok(found.map(UserDocument::into_user_and_hash))
    }
}

impl UserDocument {
    pub(super) fn new(user: &User, email: &Email, hash: &PasswordHash) -> Self {
        Self {
            id: user.id,
            email: email.as_str().to_owned(),
            email_key: email.key().to_owned(),
            display_name: user.display_name.as_str().to_owned(),
            password_hash: hash.0.clone(),
            created_at: user.created_at.into(),
            // Nobody has proven an address when they register.
            email_verified_at: None,
            disabled_at: None,
            deletion_due_at: None,
            email_change: None,
        }
    }

    pub(super) fn into_user_and_hash(mut self) -> (User, PasswordHash) {
        let hash = PasswordHash(std::mem::take(&mut self.password_hash));
        (self.into_user(), hash)
    }

    pub(super) fn into_user(self) -> User {
        User {
            id: self.id,
            email: self.email,
            display_name: DisplayName::stored(self.display_name),
            created_at: self.created_at.into(),
            email_verified: self.email_verified_at.is_some(),
            disabled_at: self.disabled_at.map(Into::into),
            deletion_due: self.deletion_due_at.map(Into::into),
        }
    }
}
