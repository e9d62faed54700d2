use clap::Args;
use mongodb::bson::{Document, doc};
use mongodb::options::{Acknowledgment, ClientOptions, ReadConcern, WriteConcern};
use mongodb::{Client, Database};

use super::patience::PATIENCE;

/// Which MongoDB a subgraph keeps its data in.
#[derive(Clone, Args)]
#[command(next_help_heading = "Database")]
pub struct MongoSettings {
    /// The MongoDB replica set, such as `mongodb://127.0.0.1:27017/?replicaSet=rs0`
    #[arg(long, env = "MONGODB_URI", value_name = "MONGODB_URI", hide_env_values = true)]
    pub mongodb_uri: String,
}

/// The database cannot be used. The URI is never repeated: it may hold a password.
#[derive(Debug, thiserror::Error)]
pub enum ConnectError {
    /// The URI is wrong.
    #[error("MONGODB_URI is not a usable MongoDB address")]
    BadUri(#[source] mongodb::error::Error),
    /// Nobody answers.
    #[error("MONGODB_URI cannot be reached. Is the server running, and is the address right?")]
    Unreachable(#[source] mongodb::error::Error),
    /// A lone server has no transactions.
    #[error(
        "MONGODB_URI is a lone server, but transactions need a replica set (one member is enough: `mongod --replSet rs0`, then `rs.initiate()`)"
    )]
    NotReplicaSet,
}

/// Connects to `database`, and makes sure that it answers and can do transactions.
///
/// # Errors
/// When the URI is wrong, nobody answers, or the server is no replica set.
pub async fn connect(uri: &str, application: &str, database: &str) -> Result<Database, ConnectError> {
    let mut options = ClientOptions::parse(uri).await.map_err(ConnectError::BadUri)?;
    options.app_name = Some(application.to_owned());
    options.server_selection_timeout.get_or_insert(PATIENCE);
    options.connect_timeout.get_or_insert(PATIENCE);
    // Money and sign-ins: what was answered has been written by most members, and what is read will not be undone.
    options.write_concern = Some(WriteConcern::builder().w(Acknowledgment::Majority).build());
    options.read_concern = Some(ReadConcern::majority());
    let client = Client::with_options(options).map_err(ConnectError::BadUri)?;
    let hello: Document = client
        .database("admin")
        .run_command(doc! { "hello": 1 })
        .await
        .map_err(ConnectError::Unreachable)?;
    // A router of a sharded cluster has transactions too, and says so in `msg`.
    if hello.get_str("setName").is_err() && !hello.get_str("msg").is_ok_and(|msg| msg == "isdbgrid") {
        return Err(ConnectError::NotReplicaSet);
    }
    Ok(client.database(database))
}
