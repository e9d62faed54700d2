//! The MongoDB documents behind accounts and sessions. Everything that knows BSON is here.

mod sessions;
mod users;

pub(crate) use sessions::SessionStore;
pub(crate) use users::{Taken, UserStore};

use constellation_shared::mongo::StoreError;
use futures_util::FutureExt as _;
use mongodb::{ClientSession, Database};

use crate::domain::{Email, PasswordHash, Session, User};

/// All stores of this service.
#[derive(Clone)]
pub(crate) struct Stores {
    database: Database,
    pub(crate) users: UserStore,
    pub(crate) sessions: SessionStore,
}

impl Stores {
    /// Opens the stores and makes sure that their indexes are there.
    pub(crate) async fn open(database: &Database) -> Result<Self, StoreError> {
        let users = UserStore::open(database).await?;
        let sessions = SessionStore::open(database).await?;
        Ok(Self {
            database: database.clone(),
            users,
            sessions,
        })
    }

    /// Writes a new person and their first session, both or neither; `Taken` when the address has an account.
    pub(crate) async fn insert_user_with_session(
        &self,
        user: &User,
        email: &Email,
        hash: &PasswordHash,
        session: &Session,
    ) -> Result<Result<(), Taken>, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        let written = transaction
            .start_transaction()
            .and_run(
                (self, user, email, hash, session),
                |transaction, (stores, user, email, hash, session)| {
                    stores
                        .insert_both(transaction, user, email, hash, session)
                        .boxed()
                },
            )
            .await;
        match written {
            Ok(()) => Ok(Ok(())),
            Err(error) if constellation_shared::mongo::is_duplicate_key(&error) => Ok(Err(Taken)),
            Err(error) => Err(error.into()),
        }
    }

    async fn insert_both(
        &self,
        transaction: &mut ClientSession,
        user: &User,
        email: &Email,
        hash: &PasswordHash,
        session: &Session,
    ) -> mongodb::error::Result<()> {
        self.users.insert(transaction, user, email, hash).await?;
        self.sessions.insert_in(transaction, session).await
    }
}
