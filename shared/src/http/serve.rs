use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::ConnectInfo;
use axum::serve::Listener;
use http::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;
use tower::ServiceExt as _;

use crate::program::Stop;

/// How long requests in flight may take to finish once a service has been told to stop.
const GRACE: Duration = Duration::from_secs(10);
/// How long a connection may take to send the head of a request, and how long it may be idle before the next. Whoever
/// keeps connections for another request must let them go earlier, or sends it to one that is just being closed.
pub const PATIENCE_BETWEEN_REQUESTS: Duration = Duration::from_secs(10);
/// How many headers a request may have.
const MOST_HEADERS: usize = 64;
/// How long the head of a request may be, in bytes.
const LONGEST_HEAD: usize = 64 * 1024;
/// How many connections may be open at once; more wait until one is closed. Far below the 1,024 open files that a
/// process commonly may have, so that there are always some left for the database.
const MOST_CONNECTIONS: usize = 400;

/// A service cannot listen where it was told to.
#[derive(Debug, thiserror::Error)]
#[error("{setting}={address} cannot be used: {}", reason(.source))]
pub struct ListenError {
    setting: &'static str,
    address: SocketAddr,
    #[source]
    source: io::Error,
}

fn reason(error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::AddrInUse => {
            "another program listens there already. Stop it, or choose another port".into()
        }
        io::ErrorKind::PermissionDenied => "this user may not listen there. Choose a port above 1023".into(),
        io::ErrorKind::AddrNotAvailable => "this machine has no such address".into(),
        _ => error.to_string(),
    }
}

/// Binds the address that `setting` names.
///
/// # Errors
/// When the address cannot be had; the message names the setting.
pub async fn bind(setting: &'static str, address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| ListenError {
        setting,
        address,
        source,
    })
}

/// Serves HTTP/1.1 until `stop` resolves; then takes no new connections, closes the idle ones, and returns when the
/// requests in flight are answered or the grace period is over.
///
/// The peer's address is in every request, as `ConnectInfo<SocketAddr>`, and a [`Stop`], so that an answer that has no end
/// of its own can end with the service.
///
/// # Errors
/// None as yet: a connection that cannot be accepted is logged, and the next one is tried.
pub async fn serve(
    mut listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(PATIENCE_BETWEEN_REQUESTS)
        .max_headers(MOST_HEADERS)
        .max_buf_size(LONGEST_HEAD);
    let places = Arc::new(Semaphore::new(MOST_CONNECTIONS));
    let connections = GracefulShutdown::new();
    let (stopping, stopped) = Stop::channel();
    let mut stop = pin!(stop);
    loop {
        let (stream, peer, place) = tokio::select! {
            () = &mut stop => break,
            next = next_connection(&mut listener, &places) => next,
        };
        let (routes, stopped) = (routes.clone(), stopped.clone());
        let service = service_fn(move |mut request: Request<Incoming>| {
            request.extensions_mut().insert(ConnectInfo(peer));
            request.extensions_mut().insert(stopped.clone());
            routes.clone().oneshot(request)
        });
        let connection = connections.watch(http.serve_connection(TokioIo::new(stream), service));
        tokio::spawn(async move {
            if let Err(error) = connection.await {
                tracing::debug!(%error, %peer, "a connection broke off");
            }
            drop(place);
        });
    }
    drop(listener);
    stopping.send_replace(true);
    if timeout(GRACE, connections.shutdown()).await.is_err() {
        tracing::warn!("some requests did not finish within the grace period");
    }
    Ok(())
}

/// The next connection, once there is a place for it; until then it waits with the operating system.
async fn next_connection(
    listener: &mut TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, SocketAddr, Option<OwnedSemaphorePermit>) {
    // Only a closed semaphore gives no permit, and nobody closes this one.
    let place = Arc::clone(places).acquire_owned().await.ok();
    let (stream, peer) = Listener::accept(listener).await;
    (stream, peer, place)
}
