//! The MongoDB documents behind accounts and sessions. Everything that knows BSON is here.

mod attempts;
mod children;
mod credentials;
mod departures;
mod ended_sessions;
mod erased;
mod events;
mod household_changes;
mod households;
mod invitation_changes;
mod invitation_lists;
mod invitations;
mod links;
mod operators;
mod outbox;
mod session_list;
mod sessions;
mod standing;
mod user_changes;
mod users;

pub(crate) use attempts::AttemptStore;
pub(crate) use children::ChildCare;
pub(crate) use credentials::{Confirmed, NewOrKnown, NewPassword};
pub(crate) use departures::Departure;
pub(crate) use erased::ErasedStore;
pub(crate) use events::EventStore;
pub(crate) use households::HouseholdStore;
pub(crate) use links::LinkStore;
pub(crate) use outbox::{Ending, OutboxStore};
pub(crate) use sessions::SessionStore;
pub(crate) use users::{Taken, UserStore};

use constellation_shared::mongo::StoreError;
use futures_util::FutureExt as _;
use mongodb::Database;

use crate::domain::{Mail, PasswordHash, SecurityEvent, Session, User};

/// All stores of this service.
#[derive(Clone)]
pub(crate) struct Stores {
    database: Database,
    pub(crate) users: UserStore,
    pub(crate) sessions: SessionStore,
    pub(crate) households: HouseholdStore,
    pub(crate) events: EventStore,
    pub(crate) links: LinkStore,
    pub(crate) outbox: OutboxStore,
    pub(crate) attempts: AttemptStore,
    pub(crate) erased: ErasedStore,
}

impl Stores {
    /// Opens the stores and makes sure that their indexes are there.
    pub(crate) async fn open(database: &Database) -> Result<Self, StoreError> {
        let users = UserStore::open(database).await?;
        let sessions = SessionStore::open(database).await?;
        let events = EventStore::open(database).await?;
        let links = LinkStore::open(database).await?;
        let outbox = OutboxStore::open(database).await?;
        let households = HouseholdStore::open(database, users.clone(), outbox.clone()).await?;
        let attempts = AttemptStore::open(database).await?;
        let erased = ErasedStore::open(database).await?;
        Ok(Self {
            database: database.clone(),
            users,
            sessions,
            households,
            events,
            links,
            outbox,
            attempts,
            erased,
        })
    }

    /// Writes a new person, their first session, the first event of their history and a mail to them, all or nothing;
    /// `Taken` when the address has an account.
    pub(crate) async fn insert_user_with_session(
        &self,
        user: &User,
        hash: &PasswordHash,
        session: &Session,
        event: &SecurityEvent,
        mail: &Mail,
    ) -> Result<Result<(), Taken>, StoreError> {
        let mut transaction = self.database.client().start_session().await?;
        let written = transaction
            .start_transaction()
            .and_run(
                (self, user, hash, session, event, mail),
                |transaction, (stores, user, hash, session, event, mail)| {
                    async {
                        stores.users.insert(transaction, user, hash).await?;
                        stores.sessions.insert_in(transaction, session).await?;
                        stores.events.insert_in(transaction, event).await?;
                        stores.outbox.insert_in(transaction, mail).await
                    }
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
}
