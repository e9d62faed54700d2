//! The folder in which a fetched server is kept. The server is trusted only if its digest is the pinned
//! one, whatever put the file there.

use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use super::digest;
use super::fetch::FetchError;
use super::release::Release;
use crate::progress::FetchReason;

/// What the cache holds of a release.
pub(super) enum Copy {
    /// A complete program.
    Intact(PathBuf),
    /// Nothing that can be used.
    Absent(FetchReason),
}

/// The folder of one release in the cache.
pub(super) fn folder(release: &Release, cache: &Path) -> PathBuf {
    cache.join(format!("mongod-{}", release.version))
}

/// Looks for a release and checks it, off the async threads: it is a file of 140 MB.
pub(super) async fn look(release: &Release, cache: &Path) -> Result<Copy, FetchError> {
    let program = folder(release, cache).join("mongod");
    let expected = release.program_sha256.clone();
    let work = move || match File::open(&program).and_then(digest::of) {
        Ok(found) if found == expected => Ok(Copy::Intact(program)),
        Ok(_) => Ok(Copy::Absent(FetchReason::Damaged)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(Copy::Absent(FetchReason::Missing)),
        Err(source) => Err(FetchError::File {
            path: program,
            source,
        }),
    };
    tokio::task::spawn_blocking(work)
        .await
        .map_err(FetchError::Interrupted)?
}
