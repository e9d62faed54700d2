//! A database for each test, on a server that the tests of one process share.
//!
//! The server is the one that `MONGODB_URI` names, if that is set. Otherwise it is started with the first
//! [`database`] of the process and ends with the process.

mod leftovers;
mod server;

pub use server::cache_dir;

use mongodb::{Client, Database};

/// A database that no other test knows.
#[derive(Clone, Debug)]
pub struct TestDatabase {
    /// The server's connection string.
    pub uri: String,
    /// The database's name.
    pub name: String,
}

impl TestDatabase {
    /// A handle with a client of its own, for the runtime of the calling test: a client must not outlive
    /// the runtime that it was made on.
    ///
    /// # Panics
    /// If the connection string is not one.
    pub async fn connect(&self) -> Database {
        match Client::with_uri_str(&self.uri).await {
            Ok(client) => client.database(&self.name),
            Err(error) => panic!("MONGODB_URI, or the local server's address, is not usable: {error}"),
        }
    }
}

/// A new, empty database. May be called from any number of tests and runtimes at one time.
///
/// # Panics
/// If there is no server and none can be started. The text says why, and what to do.
pub async fn database() -> TestDatabase {
    match server::uri().await {
        Ok(uri) => TestDatabase {
            uri: uri.to_owned(),
            name: leftovers::new_name(),
        },
        Err(why) => panic!("tests need MongoDB: {why}"),
    }
}
