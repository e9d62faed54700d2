use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use flate2::read::GzDecoder;
use hive_router::ntex::util::Bytes;
use tokio::process::Command;
use tokio::task::spawn_blocking;
use tokio::time::timeout;

use super::cache::{NpmFailure, is_intact, write};
use super::packages::{File, PACKAGES, Package};
use super::{Assets, AssetsError, Progress};

/// How long one package may take on a slow line.
const PATIENCE: Duration = Duration::from_mins(3);

/// A file longer than this is not one of ours, whatever its archive says.
const LONGEST_FILE: u64 = 8 * 1024 * 1024;

/// Fetches the packages with `npm` and puts their files into the cache.
pub(super) async fn fetch(
    cache: &Path,
    mut progress: impl FnMut(Progress) + Send,
) -> Result<Assets, AssetsError> {
    let mut archives = Vec::new();
    for (index, package) in PACKAGES.iter().enumerate() {
        progress(Progress {
            package: package.spec,
            number: index + 1,
            of: PACKAGES.len(),
        });
        archives.push((package, pack(package).await?));
    }
    let cache = cache.to_owned();
    // Digests and decompression of a few megabytes are no work for an async thread.
    spawn_blocking(move || {
        let mut contents = Vec::new();
        for (package, archive) in archives {
            contents.extend(unpack(package, &archive)?);
        }
        write(&cache, &contents)?;
        let assets = contents
            .into_iter()
            .map(|(file, content)| (file.name, Bytes::from(content)));
        Ok(Assets(assets.collect()))
    })
    .await
    .unwrap_or_else(|error| {
        Err(AssetsError::Cache {
            path: PathBuf::new(),
            source: io::Error::other(error),
        })
    })
}

/// The package's archive, as npm downloads it. Nothing in it is run.
async fn pack(package: &Package) -> Result<Vec<u8>, AssetsError> {
    let spec = package.spec;
    let unwritable = |source| AssetsError::Cache {
        path: std::env::temp_dir(),
        source,
    };
    let folder = tempfile::tempdir().map_err(unwritable)?;
    let npm = Command::new("npm")
        .args(["pack", spec, "--ignore-scripts", "--loglevel=error"])
        .current_dir(&folder)
        .stdin(Stdio::null())
        .kill_on_drop(true)
        .output();
    let output = timeout(PATIENCE, npm)
        .await
        .map_err(|_| AssetsError::TooLong(spec))?
        .map_err(AssetsError::NoNpm)?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(AssetsError::Npm {
            package: spec,
            source: NpmFailure(said),
        });
    }
    tokio::fs::read(folder.path().join(package.archive))
        .await
        .map_err(|source| AssetsError::Archive {
            package: spec,
            source,
        })
}

/// The files of the package that are used.
fn unpack(package: &'static Package, archive: &[u8]) -> Result<Vec<(&'static File, Vec<u8>)>, AssetsError> {
    let broken = |source| AssetsError::Archive {
        package: package.spec,
        source,
    };
    // Nothing of an archive is read before it is known to be the one that is pinned.
    if !is_intact(archive, package.integrity) {
        return Err(AssetsError::Altered(package.spec));
    }
    let mut found = Vec::new();
    let mut archive = tar::Archive::new(GzDecoder::new(archive));
    for entry in archive.entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let path = entry.path().map_err(broken)?.into_owned();
        let Some(file) = package.files.iter().find(|file| path == Path::new(file.from)) else {
            continue;
        };
        let mut content = Vec::new();
        entry
            .take(LONGEST_FILE)
            .read_to_end(&mut content)
            .map_err(broken)?;
        if !is_intact(&content, file.integrity) {
            return Err(AssetsError::Altered(package.spec));
        }
        found.push((file, content));
    }
    if found.len() == package.files.len() {
        Ok(found)
    } else {
        Err(broken(io::Error::other("a file is missing")))
    }
}
