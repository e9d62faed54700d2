use std::fs::{DirBuilder, File, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

use crate::error::LocalMongodError;

/// A log larger than this is set aside before the next run, so that it does not grow for years.
const LARGE_LOG: u64 = 8 << 20;

/// Where the connection string of the server that runs on the folder is, once it accepts writes.
const ADDRESS: &str = "constellation.uri";

/// A folder that only we start a server on.
#[derive(Debug)]
pub(crate) struct DataFolder {
    path: PathBuf,
    /// Held as long as this process, or this value, lives.
    _lock: Option<File>,
    scratch: Option<TempDir>,
}

impl DataFolder {
    /// Opens a folder that outlives the server, and takes it for this process alone.
    pub(crate) fn open_kept(folder: &Path) -> Result<Self, LocalMongodError> {
        let unusable = |source| LocalMongodError::DataFolder {
            folder: folder.to_owned(),
            source,
        };
        DirBuilder::new()
            .recursive(true)
            .mode(0o700)
            .create(folder)
            .map_err(unusable)?;
        let path = folder.canonicalize().map_err(unusable)?;
        let lock_file = path.join("constellation.lock");
        let mut lock = File::options()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&lock_file)
            .map_err(unusable)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                return Err(LocalMongodError::DataFolderInUse {
                    holder: pid_in(&lock_file),
                    folder: path,
                });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        lock.set_len(0)
            .and_then(|()| write!(lock, "{}", std::process::id()))
            .map_err(unusable)?;
        // What it says is of the server before.
        match std::fs::remove_file(path.join(ADDRESS)) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(unusable(error)),
            _ => {}
        }
        let opened = Self {
            path,
            _lock: Some(lock),
            scratch: None,
        };
        opened.set_large_log_aside().map_err(unusable)?;
        Ok(opened)
    }

    /// The connection string of the server on this folder; nothing while none accepts writes.
    pub(crate) fn address(folder: &Path) -> Option<String> {
        let lock = File::open(folder.join("constellation.lock")).ok()?;
        // A folder that nobody holds has no server, whatever an earlier one has left there.
        matches!(lock.try_lock_shared(), Err(TryLockError::WouldBlock))
            .then(|| std::fs::read_to_string(folder.join(ADDRESS)).ok())
            .flatten()
    }

    /// Lets other programs find the server on this folder.
    pub(crate) fn publish(&self, uri: &str) -> Result<(), LocalMongodError> {
        if self.is_ephemeral() {
            return Ok(());
        }
        let unusable = |source| LocalMongodError::DataFolder {
            folder: self.path.clone(),
            source,
        };
        // Whoever looks finds the whole of it or nothing.
        let mut file = tempfile::NamedTempFile::new_in(&self.path).map_err(unusable)?;
        file.write_all(uri.as_bytes()).map_err(unusable)?;
        file.persist(self.path.join(ADDRESS))
            .map_err(|error| unusable(error.error))?;
        Ok(())
    }

    /// Creates a folder that disappears with the server.
    pub(crate) fn create_ephemeral() -> Result<Self, LocalMongodError> {
        let unusable = |source| LocalMongodError::DataFolder {
            folder: std::env::temp_dir(),
            source,
        };
        let scratch = tempfile::Builder::new()
            .prefix("constellation-mongod-")
            .tempdir()
            .map_err(unusable)?;
        let path = scratch.path().canonicalize().map_err(unusable)?;
        Ok(Self {
            path,
            _lock: None,
            scratch: Some(scratch),
        })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    pub(crate) fn is_ephemeral(&self) -> bool {
        self.scratch.is_some()
    }

    pub(crate) fn log(&self) -> PathBuf {
        self.path.join("mongod.log")
    }

    /// The process id of the server on this folder, whoever started it.
    pub(crate) fn server(&self) -> Option<u32> {
        pid_in(&self.path.join("mongod.lock"))
    }

    /// Leaves the removal of an ephemeral folder to the supervisor, which has taken over.
    pub(crate) fn hand_over(&mut self) {
        if let Some(scratch) = &mut self.scratch {
            scratch.disable_cleanup(true);
        }
    }

    fn set_large_log_aside(&self) -> io::Result<()> {
        let log = self.log();
        match log.metadata() {
            Ok(metadata) if metadata.len() > LARGE_LOG => {
                std::fs::rename(&log, self.path.join("mongod.log.1"))
            }
            _ => Ok(()),
        }
    }
}

fn pid_in(file: &Path) -> Option<u32> {
    std::fs::read_to_string(file).ok()?.trim().parse().ok()
}
