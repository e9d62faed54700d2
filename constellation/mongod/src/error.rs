use std::error::Error;
use std::fmt;
use std::io;
use std::path::PathBuf;

use crate::binary::{FetchError, Rejected, Version};

/// What to do where no local server can be had.
const WAYS_OUT: &str = "\
Any one of these helps:
  - install MongoDB 6.0 or newer, so that `mongod` is on PATH
  - run `docker compose up` with the project's compose file
  - set MONGODB_URI to a replica set that you have, for example mongodb://127.0.0.1:27017/?replicaSet=rs0";

/// Why there is no local server, or no longer one. `Display` says what happened, with the end of the server's log
/// where that helps, and what a person can do; a cause that it does not tell is the `source`.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum LocalMongodError {
    /// No server was found that can be used, and none could be fetched.
    #[error("there is no MongoDB server to run:{}\n  - {}\n{WAYS_OUT}", list(.rejected), chain(.fetch))]
    NoServer {
        /// The servers that were found.
        rejected: Vec<Rejected>,
        /// Why none was fetched. Not a `source`, since the text has it already, before the ways out.
        fetch: FetchError,
    },
    /// The data folder cannot be created or written.
    #[error("the data folder {} cannot be used", folder.display())]
    DataFolder {
        /// The folder.
        folder: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// Another program runs a server on the data folder.
    #[error(
        "the data folder {} is in use by another running program{}. Stop that one, or choose another folder",
        folder.display(),
        process(*.holder)
    )]
    DataFolderInUse {
        /// The folder.
        folder: PathBuf,
        /// The other program's process id, if it is known.
        holder: Option<u32>,
    },
    /// The shell that stands between this program and the server could not be started.
    #[error("/bin/sh, which runs the server, cannot be started")]
    Supervisor(#[source] io::Error),
    /// The data was written by a server of a version that this one cannot follow.
    #[error(
        "MongoDB {version} cannot read the data in {}, which a server of another version wrote. Use that version, \
         or choose another folder.{log}",
        folder.display()
    )]
    IncompatibleData {
        /// The version of the server that was started.
        version: Version,
        /// The folder.
        folder: PathBuf,
        /// The end of the server's log.
        log: LogExcerpt,
    },
    /// The server ended without being told to.
    #[error("MongoDB stopped by itself{}.{log}", exit_code(*.code))]
    Ended {
        /// Its exit code, or 128 and the number of the signal that ended it. Unknown if its supervisor was killed.
        code: Option<i32>,
        /// The end of its log.
        log: LogExcerpt,
    },
    /// The server runs and does not become ready.
    #[error("MongoDB did not become ready within {seconds} s{}.{log}", because(.complaint.as_deref()))]
    NotReady {
        /// How long it had.
        seconds: u64,
        /// The last error that it answered with.
        complaint: Option<String>,
        /// The end of its log.
        log: LogExcerpt,
    },
}

/// The end of a server's log, shortened for a person.
#[derive(Clone, Debug)]
pub struct LogExcerpt {
    pub(crate) lines: Vec<String>,
    pub(crate) file: PathBuf,
    pub(crate) kept: bool,
}

impl fmt::Display for LogExcerpt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.lines.is_empty() {
            write!(f, "\nThe end of its log:")?;
            for line in &self.lines {
                write!(f, "\n    {line}")?;
            }
        }
        if self.kept {
            write!(f, "\nIts whole log is {}", self.file.display())
        } else {
            Ok(())
        }
    }
}

/// An error and its causes, in one line.
pub(crate) fn chain(error: &dyn Error) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}

fn list(rejected: &[Rejected]) -> String {
    if rejected.is_empty() {
        return "\n  - no `mongod` is on PATH".to_owned();
    }
    rejected
        .iter()
        .fold(String::new(), |text, reject| format!("{text}\n  - {reject}"))
}

fn process(holder: Option<u32>) -> String {
    holder.map(|pid| format!(" (process {pid})")).unwrap_or_default()
}

fn exit_code(code: Option<i32>) -> String {
    code.map(|code| format!(" (exit code {code})"))
        .unwrap_or_default()
}

fn because(complaint: Option<&str>) -> String {
    complaint
        .map(|complaint| format!(": {complaint}"))
        .unwrap_or_default()
}
