//! The web server's life: listen, serve, stop gracefully.

use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr, TcpListener};
use std::sync::Arc;

use constellation_shared::error::chain;
use constellation_shared::program::Stop;
use futures_util::future::{Either, select};
use hive_router::ntex::SharedCfg;
use hive_router::ntex::rt::{DefaultRuntime, System};
use hive_router::ntex::time::Seconds;
use hive_router::ntex::web::{self, App, HttpServer};
use hive_router::pipeline::response_compression::ResponseCompressionService;
use hive_router::plugins::plugins_service::PluginService;
use hive_router::{RouterPaths, build_http_service_config, configure_ntex_app, invoke_shutdown_hooks};
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use crate::bounds::WORKER_STACK;
use crate::doors::Doors;
use crate::edge::{Pages, READY_PATH, Surround, configure, unknown};
use crate::hive::{self, GRAPHQL_PATH, HiveState};
use crate::live::Socket;
use crate::options::{RouterOptions, SupergraphSource};
use crate::plugin::ConstellationPlugin;
use crate::supergraph::{CurrentSupergraph, SupergraphError};

/// The router cannot start, or cannot go on.
#[derive(Debug, thiserror::Error)]
pub enum RouterError {
    /// The supergraph cannot be used.
    #[error("the supergraph cannot be used")]
    Supergraph(#[from] SupergraphError),
    /// Hive Router refused its configuration.
    #[error("the router's configuration cannot be used")]
    Configuration(#[from] serde_json::Error),
    /// Hive Router did not start.
    #[error("the router's engine did not start: {0}")]
    Engine(String),
    /// The web server broke.
    #[error("the router's web server broke")]
    Server(#[from] io::Error),
    /// The web server's thread ended without a word.
    #[error("the router ended unexpectedly")]
    Ended,
}

/// Serves the graph on `listener` until `stop` resolves; then takes no new connections, and returns when the requests
/// in flight are answered or the time for that is over. `on_ready` is called with the bound address once requests are
/// being served.
///
/// Subgraphs that are called in memory run on the runtime that this is called on, so it must be a multi-threaded one
/// and outlive the call. Signals are the caller's: none is listened for here.
///
/// # Errors
/// When the supergraph or the rest of the options cannot be used, or the web server breaks.
pub async fn run(
    listener: tokio::net::TcpListener,
    options: RouterOptions,
    stop: impl Future<Output = ()> + Send + 'static,
    on_ready: impl FnOnce(SocketAddr) + Send + 'static,
) -> Result<(), RouterError> {
    let runtime = Handle::current();
    // What runs beside the server ends with this call, also when it is dropped; the server then stops too.
    let mut beside = JoinSet::new();
    let (closing, closed) = Stop::channel();
    let doors = Doors::open(&options.subgraphs, &mut beside, &closed).await?;
    let config = hive::config(&options, &doors)?;
    let supergraph = Arc::new(CurrentSupergraph::load(
        &options.supergraph,
        hive::supergraph_options(&config),
        &options.subgraphs,
    )?);
    if let SupergraphSource::File(path) = &options.supergraph {
        beside.spawn(Arc::clone(&supergraph).follow(path.clone()));
    }
    let (stopping, stopped) = oneshot::channel();
    beside.spawn(async move {
        stop.await;
        closing.send_replace(true);
        // The server may have ended by itself.
        let _ = stopping.send(());
    });

    let pages = Pages {
        graphiql: options.graphiql,
        verifier: Arc::clone(&options.verifier),
        socket: Socket {
            verifier: Arc::clone(&options.verifier),
            graph: own_graph(listener.local_addr()?).into(),
            client: reqwest::Client::builder()
                .no_proxy()
                .build()
                .map_err(io::Error::other)?,
            cors_origins: options.cors_origins.clone().into(),
            stop: closed.clone(),
            open: Arc::default(),
        },
    };
    let surround = Surround {
        trust_forwarded_for: options.trust_forwarded_for,
        stop: closed,
    };
    // The server counts in whole seconds, and takes none as no grace at all.
    let patience = u16::try_from(options.timeouts.stop.as_secs().max(1)).map_or(Seconds(u16::MAX), Seconds);
    let plugin = ConstellationPlugin::new(
        supergraph,
        options.verifier,
        options.subgraphs,
        runtime,
        options.timeouts.subgraph,
        options.cors_origins,
    );
    let listener = listener.into_std()?;
    let (ended, end) = oneshot::channel();

    // The web server is single-threaded runtimes of its own, which must not be started inside this one.
    std::thread::Builder::new().name("router".into()).spawn(move || {
        let served = System::build()
            .name("router")
            .stack_size(WORKER_STACK)
            .build(DefaultRuntime)
            .block_on(async move {
                let engine = hive::start(config, Box::new(plugin))
                    .await
                    .map_err(|error| RouterError::Engine(chain(&error)))?;
                serve(listener, engine, pages, surround, patience, stopped, on_ready).await
            });
        // Nobody waits for the result when the caller has been dropped.
        let _ = ended.send(served);
    })?;
    end.await.unwrap_or(Err(RouterError::Ended))
}

/// Where this router reaches itself.
fn own_graph(address: SocketAddr) -> String {
    let ip = match address.ip() {
        IpAddr::V4(ip) if ip.is_unspecified() => IpAddr::V4(Ipv4Addr::LOCALHOST),
        IpAddr::V6(ip) if ip.is_unspecified() => IpAddr::V6(Ipv6Addr::LOCALHOST),
        ip => ip,
    };
    format!("http://{}{GRAPHQL_PATH}", SocketAddr::new(ip, address.port()))
}

async fn serve(
    listener: TcpListener,
    engine: HiveState,
    pages: Pages,
    surround: Surround,
    patience: Seconds,
    stopped: oneshot::Receiver<()>,
    on_ready: impl FnOnce(SocketAddr),
) -> Result<(), RouterError> {
    let HiveState {
        shared,
        schema,
        mut tasks,
    } = engine;
    let address = listener.local_addr()?;
    let http = SharedCfg::new("router").add(build_http_service_config(shared.router_config));
    let callbacks = schema.callback_subscriptions.clone();
    let compression = ResponseCompressionService::new(shared.router_config);
    let state = Arc::clone(&shared);
    let server = HttpServer::new(async move || {
        let mut paths = RouterPaths::new(GRAPHQL_PATH.to_owned(), None, None);
        // Ours are routed first, so that Hive's own never answer.
        READY_PATH.clone_into(&mut paths.readiness);
        let (pages, surround) = (pages.clone(), surround.clone());
        App::new()
            .middleware(PluginService::new(paths.clone(), None))
            .middleware(surround)
            // The last is the outermost.
            .middleware(compression.clone())
            .state(Arc::clone(&state))
            .state(Arc::clone(&schema))
            .state(Arc::clone(&state.telemetry_context))
            .state(callbacks.clone())
            .configure(move |routes| {
                configure(routes, &pages);
                configure_ntex_app(routes, &paths, None);
            })
            .default_service(web::to(unknown))
    })
    .config(http)
    .disable_signals()
    .shutdown_timeout(patience)
    .listen(listener)?
    .run();

    on_ready(address);
    match select(server.clone(), stopped).await {
        Either::Left((ended, _)) => ended?,
        Either::Right(_) => server.stop(true).await,
    }
    tasks.graceful_shutdown().await;
    invoke_shutdown_hooks(&shared).await;
    Ok(())
}
