use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::binary::{Rejected, Version};

/// Receives what happens while a server is found and started. It is called from async code: it must not block.
pub type Reporter = Arc<dyn Fn(Progress) + Send + Sync>;

/// A step on the way to a running server. `Display` gives a line to show to a person.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Progress {
    /// A server was found that cannot be used. The search goes on.
    Rejected(Rejected),
    /// Another process is fetching a server into the same cache.
    AwaitingFetch,
    /// A download begins.
    Fetching {
        /// What is fetched.
        version: Version,
        /// Why it has to be.
        why: FetchReason,
        /// The size of the download, in bytes.
        total: u64,
    },
    /// The download goes on. Reported only when it grew.
    Received {
        /// Bytes that have arrived.
        bytes: u64,
        /// Bytes in all.
        total: u64,
    },
    /// The download is complete: its digest is checked and the server unpacked.
    Verifying,
    /// The server that the data folder belonged to is still closing it.
    AwaitingDataFolder {
        /// The folder.
        folder: PathBuf,
    },
    /// The server is being started.
    Starting {
        /// The program.
        program: PathBuf,
        /// Its version.
        version: Version,
        /// Its data folder.
        data: PathBuf,
    },
    /// The server accepts reads and writes.
    Ready {
        /// Its connection string.
        uri: String,
    },
}

/// Why a server has to be fetched.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FetchReason {
    /// There is none on `PATH` that can be used, and none in the cache.
    Missing,
    /// The one in the cache is not what was put there.
    Damaged,
}

impl fmt::Display for FetchReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Missing => "there is none on PATH that can be used, and none in the cache",
            Self::Damaged => "the copy in the cache is damaged",
        })
    }
}

impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rejected(rejected) => write!(f, "not using {rejected}"),
            Self::AwaitingFetch => f.write_str("waiting for another process that is fetching MongoDB"),
            Self::Fetching { version, why, total } => {
                write!(f, "fetching MongoDB {version} ({} MB): {why}", megabytes(*total))
            }
            Self::Received { bytes, total } => {
                write!(f, "fetched {} of {} MB", megabytes(*bytes), megabytes(*total))
            }
            Self::Verifying => f.write_str("checking and unpacking MongoDB"),
            Self::AwaitingDataFolder { folder } => {
                write!(f, "waiting for an earlier MongoDB to close {}", folder.display())
            }
            Self::Starting {
                program,
                version,
                data,
            } => {
                write!(
                    f,
                    "starting MongoDB {version} ({}) on {}",
                    program.display(),
                    data.display()
                )
            }
            Self::Ready { uri } => write!(f, "MongoDB is ready at {uri}"),
        }
    }
}

fn megabytes(bytes: u64) -> u64 {
    (bytes + 500_000) / 1_000_000
}
