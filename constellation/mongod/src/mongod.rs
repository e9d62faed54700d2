use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use tokio::time::Instant;

use crate::binary::{self, Mongod};
use crate::error::{LocalMongodError, LogExcerpt};
use crate::options::{DataDir, LocalMongodOptions};
use crate::progress::{Progress, Reporter};
use crate::run::command_line;
use crate::run::data_folder::DataFolder;
use crate::run::log::Log;
use crate::run::replica_set::{self, ReplicaSet};
use crate::run::supervisor::{Signal, Status, Supervisor};

/// How long a server may take to become ready. After a crash it first reads its journal.
const READY_WITHIN: Duration = Duration::from_mins(2);

/// How long an earlier server may take to close the data folder.
const CLOSED_WITHIN: Duration = Duration::from_secs(30);

/// How often the log of a starting server is looked at.
const INTERVAL: Duration = Duration::from_millis(10);

/// The server's exit codes for data of a version that it cannot follow: an older one, and a newer one.
const INCOMPATIBLE_DATA: [i32; 2] = [4, 62];

/// A running server that belongs to this process.
///
/// It ends when it is [stopped](Self::stop), when it is dropped, and when this process ends in whatever way,
/// a `kill -9` included; in every case the data of [`DataDir::Kept`](crate::DataDir) is written first. A Ctrl-C
/// in the terminal does not reach it, so that a program can finish its requests before it stops the server.
///
/// It belongs to the Tokio runtime that it was started on.
#[derive(Debug)]
pub struct LocalMongod {
    uri: String,
    log: Log,
    supervisor: Supervisor,
    // After the supervisor, so that the folder is free only when the server has been told to end.
    data: DataFolder,
}

impl LocalMongod {
    /// Finds or fetches a server, starts it and waits until it accepts writes.
    ///
    /// # Errors
    /// [`LocalMongodError`], with nothing left running.
    pub async fn start(options: LocalMongodOptions) -> Result<Self, LocalMongodError> {
        let LocalMongodOptions {
            data,
            cache,
            search_path,
            progress,
        } = options;
        // A kept folder comes first: nobody should wait for a download to learn that it is in use. A temporary one
        // comes last: only a supervisor removes it whatever happens to this process.
        let kept = match &data {
            DataDir::Kept(folder) => Some(DataFolder::open_kept(folder)?),
            DataDir::Ephemeral => None,
        };
        let mongod = binary::find(&cache, &search_path, &progress).await?;
        let mut data = kept.map_or_else(DataFolder::create_ephemeral, Ok)?;
        progress(Progress::Starting {
            program: mongod.program.clone(),
            version: mongod.version,
            data: data.path().to_owned(),
        });
        let (supervisor, log, port) = listen(&mongod, &mut data, &progress).await?;
        let starting = Self {
            uri: replica_set::uri(port),
            log,
            supervisor,
            data,
        };
        let started = starting.bring_up(port).await?;
        started.data.publish(&started.uri)?;
        progress(Progress::Ready {
            uri: started.uri.clone(),
        });
        Ok(started)
    }

    /// The connection string of the server that a program on this machine runs on a [kept](DataDir::Kept) folder; nothing
    /// when none does.
    #[must_use]
    pub fn running_on(folder: &Path) -> Option<String> {
        DataFolder::address(folder)
    }

    /// Its connection string.
    #[must_use]
    pub fn uri(&self) -> &str {
        &self.uri
    }

    /// Its process id.
    #[must_use]
    pub fn pid(&self) -> u32 {
        self.supervisor.server()
    }

    /// Waits until the server ends without being told to, and gives an error that says so. May be called any number of times.
    pub async fn exited(&self) -> LocalMongodError {
        let code = self.supervisor.ended().await;
        LocalMongodError::Ended {
            code,
            log: self.log.excerpt(),
        }
    }

    /// Stops the server and waits until it is gone: a kept data folder is complete and free again, an ephemeral
    /// one removed. A server that does not stop within a minute is killed, which its journal survives.
    ///
    /// # Errors
    /// [`LocalMongodError::Ended`] if it did not end as it should, or had ended before.
    pub async fn stop(self) -> Result<(), LocalMongodError> {
        let Self {
            log,
            supervisor,
            data,
            ..
        } = self;
        let code = supervisor.end().await;
        if is_orderly(ending(&data), code) {
            Ok(())
        } else {
            Err(LocalMongodError::Ended {
                code,
                log: log.excerpt(),
            })
        }
    }

    /// Waits until a server that listens accepts writes.
    async fn bring_up(self, port: u16) -> Result<Self, LocalMongodError> {
        let mut set = ReplicaSet::new(port, !self.data.is_ephemeral());
        let outcome = tokio::select! {
            error = self.exited() => return Err(error),
            outcome = tokio::time::timeout(READY_WITHIN, set.bring_up()) => outcome,
        };
        let complaint = match outcome {
            Ok(Ok(())) => return Ok(self),
            Ok(Err(error)) => Some(error),
            Err(_) => set.complaint,
        };
        let log = self.log.excerpt();
        self.supervisor.end().await;
        Err(not_ready(complaint.as_ref(), log))
    }
}

/// Starts the server until it listens. The folder's earlier server may need a moment to close it: its program
/// was killed, say, and is being started again.
async fn listen(
    mongod: &Mongod,
    data: &mut DataFolder,
    progress: &Reporter,
) -> Result<(Supervisor, Log, u16), LocalMongodError> {
    let deadline = Instant::now() + CLOSED_WITHIN;
    let mut told = false;
    loop {
        let (supervisor, log) = spawn(mongod, data).await?;
        let code = match await_port(&supervisor, &log).await {
            Ok(Some(port)) => return Ok((supervisor, log, port)),
            Ok(None) => {
                let log = log.excerpt();
                supervisor.end().await;
                return Err(not_ready(None, log));
            }
            Err(code) => code,
        };
        let in_use = log.contains("DBPathInUse");
        let excerpt = log.excerpt();
        supervisor.end().await;
        let folder = data.path().to_owned();
        match code {
            _ if in_use && Instant::now() < deadline => {
                if !told {
                    told = true;
                    progress(Progress::AwaitingDataFolder { folder });
                }
                tokio::time::sleep(INTERVAL * 20).await;
            }
            _ if in_use => {
                return Err(LocalMongodError::DataFolderInUse {
                    folder,
                    holder: data.server(),
                });
            }
            Some(code) if INCOMPATIBLE_DATA.contains(&code) => {
                return Err(LocalMongodError::IncompatibleData {
                    version: mongod.version,
                    folder,
                    log: excerpt,
                });
            }
            code => return Err(LocalMongodError::Ended { code, log: excerpt }),
        }
    }
}

async fn spawn(mongod: &Mongod, data: &mut DataFolder) -> Result<(Supervisor, Log), LocalMongodError> {
    let path = data.log();
    let (log, file) =
        Log::open(&path, !data.is_ephemeral()).map_err(|source| LocalMongodError::DataFolder {
            folder: data.path().to_owned(),
            source,
        })?;
    let arguments: Vec<OsString> = command_line::arguments(data.path(), &path, data.is_ephemeral());
    let scratch = data.is_ephemeral().then_some(data.path());
    let supervisor = Supervisor::start(&mongod.program, arguments, ending(data), scratch, file)
        .await
        .map_err(LocalMongodError::Supervisor)?;
    data.hand_over();
    Ok((supervisor, log))
}

/// The port, or nothing if the server takes too long, or how it ended.
async fn await_port(supervisor: &Supervisor, log: &Log) -> Result<Option<u16>, Status> {
    let deadline = Instant::now() + READY_WITHIN;
    while Instant::now() < deadline {
        // An unreadable log is no reason to give up: it is not there until the server writes it.
        if let Ok(Some(port)) = log.port() {
            return Ok(Some(port));
        }
        if let Ok(status) = tokio::time::timeout(INTERVAL, supervisor.ended()).await {
            return Err(status);
        }
    }
    Ok(None)
}

fn not_ready(complaint: Option<&mongodb::error::Error>, log: LogExcerpt) -> LocalMongodError {
    let complaint = complaint.map(ToString::to_string);
    LocalMongodError::NotReady {
        seconds: READY_WITHIN.as_secs(),
        complaint,
        log,
    }
}

/// How a server on this folder is ended. What is thrown away need not be written first.
fn ending(data: &DataFolder) -> Signal {
    if data.is_ephemeral() {
        Signal::Kill
    } else {
        Signal::Term
    }
}

/// Whether this is how a server ends that got this signal: with 0, or with 128 and the number of `KILL`.
fn is_orderly(signal: Signal, code: Status) -> bool {
    match signal {
        Signal::Term => code == Some(0),
        Signal::Kill => code == Some(128 + 9),
    }
}
