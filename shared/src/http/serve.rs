use std::future::Future;
use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::Router;
use tokio::net::TcpListener;
use tokio::sync::watch;

/// How long requests in flight may take to finish once a service has been told to stop.
const GRACE: Duration = Duration::from_secs(10);

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

/// Serves until `stop` resolves; then takes no new connections, and returns when the requests in flight are
/// answered or the grace period is over.
///
/// # Errors
/// When the listener breaks.
pub async fn serve(
    listener: TcpListener,
    routes: Router,
    stop: impl Future<Output = ()> + Send + 'static,
) -> io::Result<()> {
    let (stopping, mut stopped) = watch::channel(false);
    let stop = async move {
        stop.await;
        stopping.send_replace(true);
    };
    let service = routes.into_make_service_with_connect_info::<SocketAddr>();
    let server = axum::serve(listener, service).with_graceful_shutdown(stop);
    let overdue = async {
        // The sender lives in the server; when it is gone without a word, the server has ended by itself.
        if stopped.wait_for(|stopping| *stopping).await.is_ok() {
            tokio::time::sleep(GRACE).await;
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        result = server => result,
        () = overdue => {
            tracing::warn!("some requests did not finish within the grace period");
            Ok(())
        }
    }
}
