use std::ffi::OsString;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use crate::progress::{Progress, Reporter};

/// Where a local server keeps its data.
#[derive(Clone, Debug)]
pub enum DataDir {
    /// In this folder, from one run to the next. It is created, for its owner only, if it does not exist.
    Kept(PathBuf),
    /// In a temporary folder that disappears with the server. Such a server does not wait for the disk,
    /// so a write costs about a third of what it costs with [`DataDir::Kept`].
    Ephemeral,
}

/// How to start a [`LocalMongod`](crate::LocalMongod).
#[derive(Clone)]
pub struct LocalMongodOptions {
    /// Where the data goes.
    pub data: DataDir,
    /// The folder in which a fetched server is kept, for all later runs.
    pub cache: PathBuf,
    /// Where `mongod` and pip are looked for, in the form of the variable `PATH`.
    pub search_path: OsString,
    /// Receives every step of the way, as it happens.
    pub progress: Reporter,
}

impl LocalMongodOptions {
    /// Options that search the `PATH` of this process and report to nobody.
    #[must_use]
    pub fn new(data: DataDir, cache: impl Into<PathBuf>) -> Self {
        Self {
            data,
            cache: cache.into(),
            search_path: std::env::var_os("PATH").unwrap_or_default(),
            progress: Arc::new(|_| ()),
        }
    }

    /// Reports every step to `progress`.
    #[must_use]
    pub fn with_progress(mut self, progress: impl Fn(Progress) + Send + Sync + 'static) -> Self {
        self.progress = Arc::new(progress);
        self
    }

    /// Looks for `mongod` and pip in `search_path` in place of this process's `PATH`.
    #[must_use]
    pub fn with_search_path(mut self, search_path: impl Into<OsString>) -> Self {
        self.search_path = search_path.into();
        self
    }
}

impl fmt::Debug for LocalMongodOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("LocalMongodOptions")
            .field("data", &self.data)
            .field("cache", &self.cache)
            .field("search_path", &self.search_path)
            .finish_non_exhaustive()
    }
}
