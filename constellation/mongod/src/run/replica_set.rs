//! A replica set of one member, which is what MongoDB has transactions on.

use std::time::Duration;

use mongodb::bson::{Document, doc};
use mongodb::error::{Error, ErrorKind};
use mongodb::options::ClientOptions;
use mongodb::{Client, Database};

/// The replica set's name. It is stored with the data, so it stays.
pub(crate) const NAME: &str = "constellation";

/// `NotYetInitialized`: the server has no configuration, or has not read it yet.
const NOT_YET_INITIALIZED: i32 = 94;

/// How often a starting server is asked whether it is ready.
const INTERVAL: Duration = Duration::from_millis(10);

/// A server's connection string.
pub(crate) fn uri(port: u16) -> String {
    format!("mongodb://127.0.0.1:{port}/?replicaSet={NAME}")
}

/// The set as it should be.
pub(crate) struct ReplicaSet {
    port: u16,
    durable: bool,
    /// The server's last complaint. Most of them are part of every start.
    pub(crate) complaint: Option<Error>,
}

impl ReplicaSet {
    /// With `durable`, a write is on the disk before it is acknowledged.
    pub(crate) fn new(port: u16, durable: bool) -> Self {
        Self {
            port,
            durable,
            complaint: None,
        }
    }

    /// Brings the server to accept writes, whatever its data folder says it was before: nothing at all, or a
    /// member at another port. Waits for that as long as the caller lets it.
    pub(crate) async fn bring_up(&mut self) -> Result<(), Error> {
        let mut options = ClientOptions::parse(uri(self.port)).await?;
        // Before it is a member, the server does not know the set's name.
        options.repl_set_name = None;
        options.direct_connection = Some(true);
        options.server_selection_timeout = Some(Duration::from_secs(5));
        let client = Client::with_options(options)?;
        let admin = client.database("admin");
        loop {
            match self.step(&admin).await {
                Ok(true) => break,
                Ok(false) => {}
                Err(error) => self.complaint = Some(error),
            }
            tokio::time::sleep(INTERVAL).await;
        }
        client.shutdown().immediate(true).await;
        Ok(())
    }

    /// Looks at the server and does what is missing next. True when nothing is.
    async fn step(&self, admin: &Database) -> Result<bool, Error> {
        let host = format!("127.0.0.1:{}", self.port);
        let hello = admin.run_command(doc! { "hello": 1 }).await?;
        if hello.get_bool("isWritablePrimary").unwrap_or(false)
            && hello.get_str("me").is_ok_and(|me| me == host)
        {
            return Ok(true);
        }
        match admin.run_command(doc! { "replSetGetConfig": 1 }).await {
            Ok(answer) => {
                let stored = answer.get_document("config").cloned().unwrap_or_default();
                if only_host(&stored) != Some(&host) {
                    self.reconfigure(admin, stored, &host).await?;
                }
            }
            Err(error) if code(&error) == Some(NOT_YET_INITIALIZED) => self.initiate(admin, &host).await?,
            Err(error) => return Err(error),
        }
        Ok(false)
    }

    /// Fails, without harm, if the server has a configuration that it is just reading.
    async fn initiate(&self, admin: &Database, host: &str) -> Result<(), Error> {
        let config = doc! {
            "_id": NAME,
            "members": [{ "_id": 0, "host": host }],
            "writeConcernMajorityJournalDefault": self.durable,
        };
        admin.run_command(doc! { "replSetInitiate": config }).await?;
        Ok(())
    }

    /// By force, because a member that does not find itself in the configuration is no primary, and only
    /// a primary can be reconfigured otherwise. There is no other member whose consent would matter.
    async fn reconfigure(&self, admin: &Database, mut config: Document, host: &str) -> Result<(), Error> {
        config.insert("members", vec![doc! { "_id": 0, "host": host }]);
        admin
            .run_command(doc! { "replSetReconfig": config, "force": true })
            .await?;
        Ok(())
    }
}

fn only_host(config: &Document) -> Option<&str> {
    let [member] = config.get_array("members").ok()?.as_slice() else {
        return None;
    };
    member.as_document()?.get_str("host").ok()
}

fn code(error: &Error) -> Option<i32> {
    match error.kind.as_ref() {
        ErrorKind::Command(command) => Some(command.code),
        _ => None,
    }
}
