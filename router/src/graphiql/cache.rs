use std::io;
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hive_router::ntex::util::Bytes;
use sha2::{Digest as _, Sha512};

use super::Assets;
use super::packages::{FOLDER, File, PACKAGES};

/// GraphiQL's files cannot be had.
#[derive(Debug, thiserror::Error)]
pub enum AssetsError {
    /// `npm` cannot be started.
    #[error("npm, which fetches GraphiQL once, cannot be started")]
    NoNpm(#[source] io::Error),
    /// `npm` failed.
    #[error("npm could not fetch {package}")]
    Npm {
        /// Which package.
        package: &'static str,
        /// What it said. It goes to the log, and not to whoever looks at the page.
        source: NpmFailure,
    },
    /// `npm` did not come to an end.
    #[error("npm took too long to fetch {0}")]
    TooLong(&'static str),
    /// What was fetched is not what is pinned.
    #[error("{0} is not what it should be: its digest differs from the one pinned here")]
    Altered(&'static str),
    /// What was fetched does not hold what it should.
    #[error("the archive of {package} cannot be read")]
    Archive {
        /// Which package.
        package: &'static str,
        /// Why.
        source: io::Error,
    },
    /// The cache cannot be written.
    #[error("the folder {path:?} cannot be written")]
    Cache {
        /// Which folder.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

/// The words with which `npm` failed.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NpmFailure(pub(super) String);

/// Whether `content` is what `integrity`, written as npm and browsers write it, is the digest of.
pub(super) fn is_intact(content: &[u8], integrity: &str) -> bool {
    integrity.strip_prefix("sha512-") == Some(STANDARD.encode(Sha512::digest(content)).as_str())
}

fn files() -> impl Iterator<Item = &'static File> {
    PACKAGES.iter().flat_map(|package| package.files)
}

/// The files, if all of them are in the cache and intact.
pub(super) async fn read(cache: &Path) -> Option<Assets> {
    let folder = cache.join(FOLDER);
    let mut assets = Vec::new();
    for file in files() {
        let content = tokio::fs::read(folder.join(file.name)).await.ok()?;
        if !is_intact(&content, file.integrity) {
            tracing::warn!(
                file = file.name,
                ?folder,
                "a cached file of GraphiQL is damaged; it is fetched again"
            );
            return None;
        }
        assets.push((file.name, Bytes::from(content)));
    }
    Some(Assets(assets))
}

/// Puts the files into the cache, all or none: a reader never finds half of them.
pub(super) fn write(cache: &Path, contents: &[(&'static File, Vec<u8>)]) -> Result<(), AssetsError> {
    let folder = cache.join(FOLDER);
    let written = (|| {
        std::fs::create_dir_all(cache)?;
        let fresh = tempfile::tempdir_in(cache)?;
        for (file, content) in contents {
            std::fs::write(fresh.path().join(file.name), content)?;
        }
        if folder.exists() {
            std::fs::remove_dir_all(&folder)?;
        }
        std::fs::rename(fresh.keep(), &folder)
    })();
    written.map_err(|source| AssetsError::Cache { path: folder, source })
}
