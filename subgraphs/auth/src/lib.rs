//! The auth subgraph: who people are, and the tokens that prove it.
//!
//! | folder | what it holds |
//! |---|---|
//! | `schema/` | the GraphQL types; a resolver names the caller, parses, makes one call, converts |
//! | `rest/` | the same operations as plain HTTP endpoints, and the public keys |
//! | `pages/` | the pages that links in mails go to where no app has its own |
//! | `domain/` | accounts, passwords, sessions and refresh tokens: plain types and rules |
//! | `store/` | the MongoDB documents behind them |
//! | `mail/` | what mails say, and how they are sent |
//! | `keys/` | the secret keys: reading, making, publishing the public halves |
//!
//! Invariant: this is the only crate that can sign a token, and no secret leaves it but in the payload that hands
//! a person their own tokens.

mod cookie_path;
mod domain;
#[doc(hidden)]
pub mod fuzzing;
mod keys;
mod mail;
mod pages;
mod rest;
mod schema;
mod settings;
mod store;

use std::process::ExitCode;
use std::sync::Arc;

use axum::{Extension, Router};
use chrono::TimeDelta;
use constellation_shared::auth::{self, ClaimSettings, EndedSessions, FreshnessSettings, KeyRing};
use constellation_shared::clock::{Clock, SystemClock};
use constellation_shared::entropy::{Entropy, SystemEntropy};
use constellation_shared::graphql;
use constellation_shared::http::{Check, bind, probes, serve, surround};
use constellation_shared::mongo::{DatabaseCheck, StoreError, connect};
use constellation_shared::program::{Failure, Stop, run};
use mongodb::Database;

pub use cookie_path::CookiePath;
pub use domain::{Account, AccountPage, OperatorError, Operators, Who};
pub use keys::{KeyChangeError, KeyFile, KeyInfo, KeySettings, KeyState, KeyUse, Keys, KeysError};
pub use mail::{MailSettings, MailSettingsError, SmtpUrl};
pub use settings::{ClientSettings, LeavingSettings, PasswordSettings, Settings};

use domain::{
    Accounts, Attempts, Children, Credentials, Erasure, FeedError, Households, Invitations, MailRoom,
    PasswordHasher, PasswordPolicy, SecurityEvents, SessionFeed, Sessions, TokenIssuer,
};
use keys::LiveKeys;
use mail::Mailer;

/// All that the auth subgraph is given.
pub struct Dependencies {
    /// Its own database.
    pub database: Database,
    /// Its secret keys.
    pub keys: Keys,
    /// What its tokens say of themselves.
    pub claims: ClaimSettings,
    /// What a password must be, and how it is hashed.
    pub passwords: PasswordSettings,
    /// How clients are told apart, and how often they may try.
    pub clients: ClientSettings,
    /// What happens when somebody wants to leave.
    pub leaving: LeavingSettings,
    /// How mails are sent.
    pub mail: MailSettings,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
}

/// Why the subgraph cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The indexes cannot be made.
    #[error("the auth database cannot be prepared")]
    Store(#[from] StoreError),
    /// The hashing parameters contradict each other.
    #[error(
        "the password hashing settings (PASSWORD_HASH_MEMORY_KIB, PASSWORD_HASH_PASSES) are not valid: {0}"
    )]
    Hashing(String),
    /// The keys cannot be published.
    #[error("AUTH_KEYS_FILE holds keys that cannot be used")]
    Keys(#[from] KeysError),
    /// Mails cannot be sent.
    #[error(transparent)]
    Mail(#[from] MailSettingsError),
    /// The feed of ended sessions cannot be published.
    #[error("the feed of ended sessions cannot be published")]
    Feed(#[source] Failure),
}

impl From<FeedError> for StartError {
    fn from(error: FeedError) -> Self {
        Self::Feed(Box::new(error))
    }
}

/// The auth subgraph, ready to be served.
pub struct Auth {
    routes: Router,
    key_ring: KeyRing,
    mail_room: Arc<MailRoom>,
    ended: EndedSessions,
    erasure: Arc<Erasure>,
}

impl Auth {
    /// Prepares the database and puts the parts together.
    ///
    /// # Errors
    /// When the database or a setting cannot be used.
    #[expect(
        clippy::too_many_lines,
        reason = "it only puts the parts together, each after those that it needs"
    )]
    pub async fn build(deps: Dependencies) -> Result<Self, StartError> {
        let Dependencies {
            database,
            keys,
            claims,
            passwords,
            clients,
            leaving,
            mail,
            clock,
            entropy,
        } = deps;
        let mailer = Mailer::new(&mail)?;
        let stores = store::Stores::open(&database).await?;
        let hasher = PasswordHasher::new(&passwords, Arc::clone(&entropy)).map_err(StartError::Hashing)?;
        let keys = LiveKeys::follow(keys)?;
        let issuer = Arc::new(TokenIssuer::new(
            Arc::clone(&keys),
            claims.clone(),
            Arc::clone(&clock),
            Arc::clone(&entropy),
        ));
        let feed = SessionFeed::publish(
            stores.sessions.clone(),
            stores.users.clone(),
            Arc::clone(&issuer),
            Arc::clone(&clock),
        )
        .await?;
        let (key_ring, ended) = (keys.ring().clone(), feed.ended());
        // Without the database that news come from, nothing else works here either.
        let freshness = FreshnessSettings::default();
        let verifier = claims.verifier(key_ring.clone(), ended.clone(), &freshness, Arc::clone(&clock));
        let verifier = Arc::new(verifier);
        let events = Arc::new(SecurityEvents::new(
            stores.events.clone(),
            Arc::clone(&clock),
            Arc::clone(&entropy),
        ));
        let attempts = Arc::new(Attempts::new(
            stores.attempts.clone(),
            clients.address_budget,
            Arc::clone(&clock),
            Arc::clone(&entropy),
        ));
        let sessions = Arc::new(Sessions {
            store: stores.sessions.clone(),
            users: stores.users.clone(),
            households: stores.households.clone(),
            events: Arc::clone(&events),
            attempts: Arc::clone(&attempts),
            issuer: Arc::clone(&issuer),
            keys: Arc::clone(&keys),
            feed: Arc::clone(&feed),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        });
        let households = Arc::new(Households {
            store: stores.households.clone(),
            feed: Arc::clone(&feed),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        });
        let policy = PasswordPolicy::new(passwords.password_min_length);
        let hasher = Arc::new(hasher);
        let mail_room = Arc::new(MailRoom::new(
            stores.clone(),
            mailer,
            Arc::clone(&sessions),
            Arc::clone(&clock),
            Arc::clone(&entropy),
        ));
        let invitations = Arc::new(Invitations {
            store: stores.households.clone(),
            users: stores.users.clone(),
            mail_room: Arc::clone(&mail_room),
            attempts: Arc::clone(&attempts),
            keys: Arc::clone(&keys),
            feed: Arc::clone(&feed),
            clock: Arc::clone(&clock),
            entropy: Arc::clone(&entropy),
        });
        let credentials = Arc::new(Credentials {
            stores: stores.clone(),
            mail_room: Arc::clone(&mail_room),
            events: Arc::clone(&events),
            attempts: Arc::clone(&attempts),
            hasher: Arc::clone(&hasher),
            policy,
            clock: Arc::clone(&clock),
            grace: TimeDelta::days(leaving.account_deletion_grace_days.into()),
            discreet: mail.require_email_verification,
        });
        let children = Arc::new(Children {
            credentials: Arc::clone(&credentials),
            feed: Arc::clone(&feed),
            entropy: Arc::clone(&entropy),
        });
        let erasure = Arc::new(Erasure {
            stores: stores.clone(),
            issuer,
            mail_room: Arc::clone(&mail_room),
            clock: Arc::clone(&clock),
        });
        let accounts = Arc::new(Accounts {
            stores,
            sessions: Arc::clone(&sessions),
            events: Arc::clone(&events),
            attempts,
            mail_room: Arc::clone(&mail_room),
            hasher,
            policy,
            unproven_are_refused: mail.require_email_verification,
            clock,
            entropy,
        });

        let graph = schema::build(schema::Needs {
            accounts: Arc::clone(&accounts),
            credentials: Arc::clone(&credentials),
            sessions: Arc::clone(&sessions),
            households,
            children,
            invitations,
            events,
            cookie_path: clients.refresh_cookie_path,
        });
        let mut checks: Vec<Arc<dyn Check>> = vec![Arc::new(DatabaseCheck(database))];
        checks.extend(auth::checks(&verifier));
        let routes = graphql::endpoint(graph, verifier)
            .merge(rest::routes(accounts, sessions, keys, feed, Arc::clone(&erasure)))
            .merge(pages::routes(credentials))
            .layer(Extension(clients.proxies.trusted_proxies));
        Ok(Self {
            routes: surround(routes).merge(probes(checks)),
            key_ring,
            ended,
            mail_room,
            erasure,
        })
    }

    /// What goes on behind the requests, until `stop`: sending mails, and erasing accounts whose time has come. Every
    /// replica does it.
    pub fn background(&self, stop: Stop) -> impl Future<Output = ()> + Send + 'static {
        let mail_room = Arc::clone(&self.mail_room);
        let erasure = Arc::clone(&self.erasure);
        async move {
            tokio::join!(mail_room.run(stop.clone()), erasure.run(stop));
        }
    }

    /// Erases every account whose time has come, as [`Auth::background`] does all the time, and counts them.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn erase_due_accounts(&self) -> Result<usize, StoreError> {
        self.erasure.erase_due().await
    }

    /// Tries once to send every mail that is due, as [`Auth::background`] does all the time, and counts those that were
    /// sent.
    ///
    /// # Errors
    /// When the database cannot be used. A mail that cannot be sent is no error; it is tried again later.
    pub async fn deliver_due_mail(&self) -> Result<usize, StoreError> {
        self.mail_room.deliver_due().await
    }

    /// `/graphql`, `/login`, `/token/refresh`, what is published at `/.well-known/`, the pages that mails link to, `/health` and `/ready`.
    pub fn routes(&self) -> Router {
        self.routes.clone()
    }

    /// The public keys, for a verifier in the same process; it hears of new ones.
    pub fn key_ring(&self) -> KeyRing {
        self.key_ring.clone()
    }

    /// The ended sessions, for a verifier in the same process; it hears of new ones.
    pub fn ended_sessions(&self) -> EndedSessions {
        self.ended.clone()
    }
}

/// What those who run the service do with accounts, on auth's database and beside running services.
///
/// # Errors
/// When the database cannot be used.
pub async fn operators(
    database: &Database,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
) -> Result<Operators, StoreError> {
    let stores = store::Stores::open(database).await?;
    Ok(Operators::new(stores, clock, entropy))
}

/// The text of this subgraph's schema, for composition.
pub fn sdl() -> String {
    schema::sdl()
}

/// The whole of the program `constellation-auth`.
pub fn main() -> ExitCode {
    run(|settings: &Settings| &settings.logs, start)
}

async fn start(settings: Settings, stop: Stop) -> Result<(), Failure> {
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let keys = settings.keys.load(&*clock, &*entropy)?;
    let database = connect(
        &settings.mongo.mongodb_uri,
        "constellation-auth",
        &settings.auth_database,
    )
    .await?;
    let listener = bind("AUTH_LISTEN", settings.auth_listen).await?;
    let auth = Auth::build(Dependencies {
        database,
        keys,
        claims: settings.claims,
        passwords: settings.passwords,
        clients: settings.clients,
        leaving: settings.leaving,
        mail: settings.mail.linking_to(listener.local_addr()?),
        clock,
        entropy,
    })
    .await?;
    tracing::info!(address = %listener.local_addr()?, "auth is ready");
    let background = tokio::spawn(auth.background(stop.clone()));
    serve(listener, auth.routes(), stop.requested()).await?;
    background.await?;
    Ok(())
}
