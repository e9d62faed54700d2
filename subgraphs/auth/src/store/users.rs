use constellation_shared::id::UserId;
use constellation_shared::mongo::{StoreError, ids};
use futures_util::TryStreamExt as _;
use mongodb::bson::{DateTime, doc};
use mongodb::error::ErrorKind;
use mongodb::options::IndexOptions;
use mongodb::{ClientSession, Collection, Database, IndexModel};
use serde::{Deserialize, Serialize};

use super::standing;
use super::user_changes::EmailChangeDocument;
use crate::domain::{AccountRecord, DisplayName, Email, PasswordHash, SignInName, User, Username};

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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email: Option<String>,
    /// The address as it is told apart; unique.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    email_key: Option<String>,
    /// Unique too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    username: Option<String>,
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
        // Many accounts have no address, and many no username.
        let unique = |name: &str, field: &str| {
            IndexOptions::builder()
                .name(name.to_owned())
                .unique(true)
                .partial_filter_expression(doc! { field: { "$exists": true } })
                .build()
        };
        let leaving = IndexOptions::builder()
            .partial_filter_expression(doc! { "deletionDueAt": { "$exists": true } })
            .build();
        users
            .create_indexes([
                IndexModel::builder()
                    .keys(doc! { "emailKey": 1 })
                    .options(unique("emailKey_unique", "emailKey"))
                    .build(),
                IndexModel::builder()
                    .keys(doc! { "username": 1 })
                    .options(unique("username_unique", "username"))
                    .build(),
                standing::index(),
                IndexModel::builder()
                    .keys(doc! { "deletionDueAt": 1 })
                    .options(leaving)
                    .build(),
            ])
            .await?;
        let store = Self(users);
        store.drop_former_index().await?;
        Ok(store)
    }

    /// Until accounts without an address came, the index of addresses was one of all accounts. It goes once the one that
    /// takes its place is there, so that no address is ever taken twice.
    async fn drop_former_index(&self) -> Result<(), StoreError> {
        const INDEX_NOT_FOUND: i32 = 27;
        match self.0.drop_index("emailKey_1").await {
            Err(error) if !matches!(&*error.kind, ErrorKind::Command(command) if command.code == INDEX_NOT_FOUND) => {
                Err(error.into())
            }
            _ => Ok(()),
        }
    }

    pub(super) async fn insert(
        &self,
        transaction: &mut ClientSession,
        user: &User,
        hash: &PasswordHash,
    ) -> mongodb::error::Result<()> {
        let document = UserDocument::new(user, hash);
        self.0.insert_one(document).session(transaction).await?;
        Ok(())
    }

    /// The account that somebody signs in to with this, with its password's hash. Both ways are one look at an index.
    pub(crate) async fn find_by_name(
        &self,
        name: &SignInName,
    ) -> Result<Option<(User, PasswordHash)>, StoreError> {
        let wanted = match name {
            SignInName::Email(email) => doc! { "emailKey": email.key() },
            SignInName::Username(name) => doc! { "username": name.as_str() },
        };
        let found = self.0.find_one(wanted).await?;
        Ok(found.map(UserDocument::into_user_and_hash))
    }

    pub(crate) async fn find(&self, id: UserId) -> Result<Option<User>, StoreError> {
        Ok(self
            .0
            .find_one(doc! { "_id": ids::bson(id) })
            .await?
            .map(UserDocument::into_user))
    }

    /// The rest of what is kept of an account.
    pub(crate) async fn find_record(&self, id: UserId) -> Result<Option<AccountRecord>, StoreError> {
        let found = self.0.find_one(doc! { "_id": ids::bson(id) }).await?;
        Ok(found.map(|document| AccountRecord {
            email_verified_at: document.email_verified_at.map(Into::into),
            email_change: document.email_change.and_then(EmailChangeDocument::into_change),
        }))
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
    pub(super) fn new(user: &User, hash: &PasswordHash) -> Self {
        Self {
            id: user.id,
            email: user.email.clone(),
            email_key: user.address().map(|email| email.key().to_owned()),
            username: user.username.as_ref().map(|name| name.as_str().to_owned()),
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
            username: self.username.map(Username::stored),
            display_name: DisplayName::stored(self.display_name),
            created_at: self.created_at.into(),
            email_verified: self.email_verified_at.is_some(),
            disabled_at: self.disabled_at.map(Into::into),
            deletion_due: self.deletion_due_at.map(Into::into),
        }
    }
}
