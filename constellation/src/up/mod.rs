//! Everything in one process: started in the order in which the parts need each other, stopped in reverse.

mod database;
mod greeting;

use std::collections::HashMap;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::sync::Arc;

use constellation_auth::{Auth, Keys};
use constellation_expense::Expense;
use constellation_router::graphiql::Graphiql;
use constellation_router::{RouterOptions, SubgraphTransport, SupergraphSource};
use constellation_shared::clock::{Clock, SystemClock};
use constellation_shared::entropy::{Entropy, SystemEntropy};
use constellation_shared::erased::ErasedAccountsSource;
use constellation_shared::http::{bind, serve};
use constellation_shared::mongo::connect;
use constellation_shared::program::{Failure, Stop};

use url::Url;

use crate::schema::{BUILT_IN, SupergraphConfig, compose};
use crate::settings::UpSettings;
use database::Database;
use greeting::Greeting;

/// Runs the local database alone until it is told to stop.
pub(crate) async fn database(settings: &UpSettings, stop: Stop) -> Result<(), Failure> {
    let database = tokio::select! {
        database = Database::open(settings) => database?,
        () = stop.clone().requested() => return Ok(()),
    };
    #[expect(clippy::print_stdout, reason = "this is what the command was called for")]
    {
        println!("\nThe database runs, with its data in {}.", database.describe());
        println!(
            "For the services:\n\n  export MONGODB_URI='{}'\n\nStop with Ctrl-C.\n",
            database.uri()
        );
    }
    tokio::select! {
        error = database.lost() => return Err(error),
        () = stop.requested() => {}
    }
    Ok(database.close().await?)
}

/// Works on the database that running services use.
pub(crate) async fn with_auth_database<T>(
    settings: &UpSettings,
    work: impl AsyncFnOnce(mongodb::Database) -> Result<T, Failure>,
) -> Result<T, Failure> {
    let database = Database::reach(settings).await?;
    let connected = connect(database.uri(), "constellation-users", &settings.auth_database).await;
    let done = match connected {
        Ok(connected) => work(connected).await,
        Err(error) => Err(error.into()),
    };
    database.close().await?;
    done
}

/// Where the log of erased accounts is, on auth's own door at this address: it may listen everywhere.
fn erased_accounts(mut auth: SocketAddr) -> Result<Url, Failure> {
    if auth.ip().is_unspecified() {
        auth.set_ip(match auth.ip() {
            IpAddr::V4(_) => Ipv4Addr::LOCALHOST.into(),
            IpAddr::V6(_) => Ipv6Addr::LOCALHOST.into(),
        });
    }
    Ok(format!("http://{auth}/.well-known/erased-accounts").parse()?)
}

/// Starts everything, and runs it until it is told to stop.
pub(crate) async fn up(settings: UpSettings, stop: Stop) -> Result<(), Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let entropy: Arc<dyn Entropy> = Arc::new(SystemEntropy);

    // What may be wrong for a reason that is quickly told comes before what takes long.
    let router_listener = bind("ROUTER_LISTEN", settings.router_listen).await?;
    let auth_listener = bind("AUTH_LISTEN", settings.auth_listen).await?;
    let expense_listener = bind("EXPENSE_LISTEN", settings.expense_listen).await?;
    let composed = compose(&SupergraphConfig::parse(BUILT_IN)?)?;
    let keys = Keys::read_or_generate(&settings.keys_file(), &*clock, &*entropy)?;

    // A person who presses Ctrl-C during a download wants it to end too.
    let database = tokio::select! {
        database = Database::open(&settings) => database?,
        () = stop.clone().requested() => return Ok(()),
    };
    let auth = Auth::build(constellation_auth::Dependencies {
        database: connect(database.uri(), "constellation-auth", &settings.auth_database).await?,
        keys,
        claims: settings.claims.clone(),
        passwords: settings.passwords.clone(),
        clients: settings.clients.clone(),
        leaving: settings.leaving.clone(),
        mail: settings.mail().linking_to(auth_listener.local_addr()?),
        clock: Arc::clone(&clock),
        entropy: Arc::clone(&entropy),
    })
    .await?;
    let verifier = Arc::new(settings.claims.verifier(
        auth.key_ring(),
        auth.ended_sessions(),
        &settings.freshness,
        Arc::clone(&clock),
    ));
    let expense = Expense::build(constellation_expense::Dependencies {
        database: connect(
            database.uri(),
            "constellation-expense",
            &settings.expense_database,
        )
        .await?,
        verifier: Arc::clone(&verifier),
        erased: Some(ErasedAccountsSource {
            location: erased_accounts(auth_listener.local_addr()?)?,
            keys: auth.key_ring(),
            issuer: settings.claims.token_issuer.clone(),
        }),
        clock,
        entropy,
    })
    .await?;

    let greeting = Greeting {
        auth: auth_listener.local_addr()?,
        expense: expense_listener.local_addr()?,
        graphiql: settings.router_graphiql,
        database: database.describe(),
    };
    let options = RouterOptions {
        subgraphs: HashMap::from([
            ("auth".to_owned(), SubgraphTransport::InMemory(auth.routes())),
            (
                "expense".to_owned(),
                SubgraphTransport::InMemory(expense.routes()),
            ),
        ]),
        graphiql: settings
            .router_graphiql
            .then(|| Graphiql::provided(settings.cache())),
        introspection: settings.router_introspection,
        cors_origins: settings.router_cors_origins.into_iter().map(Into::into).collect(),
        ..RouterOptions::new(SupergraphSource::Sdl(composed.supergraph), verifier)
    };

    // The subgraphs' own doors stay open until the router has answered its last request.
    let (close, closing) = Stop::channel();
    let auth_background = tokio::spawn(auth.background(closing.clone()));
    let expense_background = tokio::spawn(expense.background(closing.clone()));
    let auth_door = tokio::spawn(serve(auth_listener, auth.routes(), closing.clone().requested()));
    let expense_door = tokio::spawn(serve(expense_listener, expense.routes(), closing.requested()));
    let router = constellation_router::run(router_listener, options, stop.requested(), move |address| {
        greeting.print(address);
    });
    let served: Result<(), Failure> = tokio::select! {
        served = router => served.map_err(Failure::from),
        error = database.lost() => Err(error),
    };
    close.send_replace(true);
    auth_door.await??;
    auth_background.await?;
    expense_background.await?;
    expense_door.await??;
    database.close().await?;
    served
}
