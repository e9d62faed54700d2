use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::thread;

use tokio::sync::{OnceCell, oneshot};

use super::leftovers;
use crate::error::{LocalMongodError, chain};
use crate::{DataDir, LocalMongod, LocalMongodOptions};

/// Overrides where the tests' server is cached.
const CACHE_VARIABLE: &str = "CONSTELLATION_CACHE_DIR";

static URI: OnceCell<String> = OnceCell::const_new();

/// How the server ended, if it did so before the tests.
static ENDED: OnceLock<String> = OnceLock::new();

/// The connection string of the server that the tests of this process share, or why there is none.
pub(super) async fn uri() -> Result<&'static str, String> {
    let start = async || match std::env::var("MONGODB_URI") {
        Ok(uri) if !uri.is_empty() => {
            leftovers::drop_old(&uri).await;
            Ok(uri)
        }
        _ => start().await.map_err(|error| chain(&error)),
    };
    let uri = URI.get_or_try_init(start).await?;
    match ENDED.get() {
        None => Ok(uri),
        Some(why) => Err(why.clone()),
    }
}

/// Starts a server on a thread of its own, whose runtime lives as long as the process. The runtime of the test
/// that happens to come first does not.
async fn start() -> Result<String, LocalMongodError> {
    let (tell, told) = oneshot::channel();
    let serve = || {
        let runtime = match tokio::runtime::Builder::new_current_thread().enable_all().build() {
            Ok(runtime) => runtime,
            Err(error) => return drop(tell.send(Err(LocalMongodError::Supervisor(error)))),
        };
        runtime.block_on(async {
            match LocalMongod::start(LocalMongodOptions::new(DataDir::Ephemeral, cache_dir())).await {
                Ok(mongod) => {
                    // Nobody listens if the first test was abandoned. The next one starts another server.
                    if tell.send(Ok(mongod.uri().to_owned())).is_ok() {
                        let ended = mongod.exited().await;
                        ENDED.get_or_init(|| chain(&ended));
                    }
                }
                Err(error) => drop(tell.send(Err(error))),
            }
        });
    };
    thread::Builder::new()
        .name("test-mongod".to_owned())
        .spawn(serve)
        .map_err(LocalMongodError::Supervisor)?;
    told.await.unwrap_or_else(|_| {
        Err(LocalMongodError::Supervisor(std::io::Error::other(
            "its thread ended",
        )))
    })
}

/// Where tests cache what they fetch: in `CONSTELLATION_CACHE_DIR`, or in the cache of `cargo run`, which is found from
/// where this crate lies in the workspace.
#[must_use]
pub fn cache_dir() -> PathBuf {
    match std::env::var_os(CACHE_VARIABLE) {
        Some(folder) if !folder.is_empty() => PathBuf::from(folder),
        _ => Path::new(env!("CARGO_MANIFEST_DIR")).join("../../.constellation/cache"),
    }
}
