//! The expense subgraph: money that was spent, exact, with everything that ever happened to it.
//!
//! | module | what it holds |
//! |---|---|
//! | `schema/` | the GraphQL types; a resolver names the caller, parses, makes one call, converts |
//! | `ledger` | what people do with expenses: the domain's rules applied to what the store holds |
//! | `domain/` | what an expense is and the rules it obeys: no GraphQL, no HTTP, no database |
//! | `store/` | the MongoDB documents, indexes and transactions |
//!
//! Invariants:
//! - A user is known only by id; whether there is such a person, and what they are called, is for auth to say.
//! - Money is a whole number of a currency's smallest units. No float is anywhere near it, and no amount is rounded.
//! - Every version of an expense has exactly one entry in its history, written in the same transaction.
//! - Nothing is read without the viewer, or the proof that the viewer may read it.

mod domain;
mod ledger;
mod schema;
mod settings;
mod store;

use std::process::ExitCode;
use std::sync::Arc;

use axum::Router;
use constellation_shared::auth::{self, TokenVerifier};
use constellation_shared::clock::{Clock, SystemClock};
use constellation_shared::entropy::{Entropy, SystemEntropy};
use constellation_shared::erased::{ErasedAccounts, ErasedAccountsSource, FollowError};
use constellation_shared::graphql;
use constellation_shared::http::{Check, bind, probes, serve, surround};
use constellation_shared::mongo::{DatabaseCheck, StoreError, connect};
use constellation_shared::program::{Failure, Stop, run};
use mongodb::Database;

pub use settings::Settings;

use ledger::Ledger;
use schema::FeedCursors;
use store::ExpenseStore;

/// All that the expense subgraph is given.
pub struct Dependencies {
    /// Its own database.
    pub database: Database,
    /// Verifies the tokens of its callers.
    pub verifier: Arc<TokenVerifier>,
    /// Where it learns whose expenses to erase; nobody's are without it.
    pub erased: Option<ErasedAccountsSource>,
    /// What time it is.
    pub clock: Arc<dyn Clock>,
    /// Where randomness comes from.
    pub entropy: Arc<dyn Entropy>,
}

/// Why the subgraph cannot start.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// The indexes cannot be made.
    #[error("the expense database cannot be prepared")]
    Store(#[from] StoreError),
}

/// The expense subgraph, ready to be served.
pub struct Expense {
    routes: Router,
    erased: Option<Arc<ErasedAccounts>>,
}

impl Expense {
    /// Prepares the database and puts the parts together.
    ///
    /// # Errors
    /// When the database cannot be used.
    pub async fn build(deps: Dependencies) -> Result<Self, StartError> {
        let Dependencies {
            database,
            verifier,
            erased,
            clock,
            entropy,
        } = deps;
        let store = ExpenseStore::open(database.clone(), Arc::clone(&clock)).await?;
        let cursors = FeedCursors::new(store.cursor_key(&*entropy).await?);
        let erased = erased.map(|source| {
            let eraser = Arc::new(store.clone());
            Arc::new(ErasedAccounts::new(source, &database, eraser, Arc::clone(&clock)))
        });
        let ledger = Ledger::new(store.clone(), clock, entropy);
        let graph = schema::build(store, ledger, cursors);
        let mut checks: Vec<Arc<dyn Check>> = vec![Arc::new(DatabaseCheck(database))];
        checks.extend(auth::checks(&verifier));
        checks.extend(erased.clone().map(|erased| erased as Arc<dyn Check>));
        let routes = surround(graphql::endpoint(graph, verifier));
        Ok(Self {
            routes: routes.merge(probes(checks)),
            erased,
        })
    }

    /// What goes on behind the requests, until `stop`: erasing what people have left whose accounts were erased. Every
    /// replica does it.
    pub fn background(&self, stop: Stop) -> impl Future<Output = ()> + Send + 'static {
        let erased = self.erased.clone();
        async move {
            if let Some(erased) = erased {
                erased.run(stop).await;
            }
        }
    }

    /// Erases once what is to be erased now, as [`Expense::background`] does all the time, and counts the people.
    ///
    /// # Errors
    /// When auth or the database cannot be used.
    pub async fn erase_now(&self) -> Result<usize, FollowError> {
        match &self.erased {
            Some(erased) => erased.catch_up().await,
            None => Ok(0),
        }
    }

    /// `/graphql`, `/health` and `/ready`.
    pub fn routes(&self) -> Router {
        self.routes.clone()
    }
}

/// The text of this subgraph's schema, for composition.
pub fn sdl() -> String {
    schema::sdl()
}

/// The whole of the program `constellation-expense`.
pub fn main() -> ExitCode {
    run(|settings: &Settings| &settings.logs, start)
}

async fn start(settings: Settings, stop: Stop) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let verifier = settings.tokens.verifier(Arc::clone(&clock))?;
    let location = settings.erased.location(&settings.tokens.jwks_location)?;
    let erased = location.map(|location| ErasedAccountsSource {
        location,
        keys: verifier.keys().clone(),
        issuer: settings.tokens.claims.token_issuer.clone(),
    });
    let verifier = Arc::new(verifier);
    let database = connect(
        &settings.mongo.mongodb_uri,
        "constellation-expense",
        &settings.expense_database,
    )
    .await?;
    let listener = bind("EXPENSE_LISTEN", settings.expense_listen).await?;
    let expense = Expense::build(Dependencies {
        database,
        verifier,
        erased,
        clock,
        entropy: Arc::new(SystemEntropy),
    })
    .await?;
    tracing::info!(address = %listener.local_addr()?, "expense is ready");
    let background = tokio::spawn(expense.background(stop.clone()));
    serve(listener, expense.routes(), stop.requested()).await?;
    background.await?;
    Ok(())
}
