use std::path::PathBuf;

use constellation_mongod::{DataDir, LocalMongod, LocalMongodError, LocalMongodOptions, Progress};
use constellation_shared::program::Failure;

use crate::settings::UpSettings;

/// The MongoDB that everything is kept in: the one that was named, or a local one of our own.
pub(super) enum Database {
    Named(String),
    Local { server: Box<LocalMongod>, data: PathBuf },
}

impl Database {
    pub(super) async fn open(settings: &UpSettings) -> Result<Self, LocalMongodError> {
        if let Some(uri) = &settings.mongodb_uri {
            return Ok(Self::Named(uri.clone()));
        }
        let data = settings.home().join("mongodb");
        let options =
            LocalMongodOptions::new(DataDir::Kept(data.clone()), settings.cache()).with_progress(report);
        Ok(Self::Local {
            server: Box::new(LocalMongod::start(options).await?),
            data,
        })
    }

    /// The database that running services use; one of our own, for a moment, where nothing runs.
    pub(super) async fn reach(settings: &UpSettings) -> Result<Self, LocalMongodError> {
        if settings.mongodb_uri.is_none()
            && let Some(uri) = LocalMongod::running_on(&settings.home().join("mongodb"))
        {
            return Ok(Self::Named(uri));
        }
        Self::open(settings).await
    }

    pub(super) fn uri(&self) -> &str {
        match self {
            Self::Named(uri) => uri,
            Self::Local { server, .. } => server.uri(),
        }
    }

    /// Where the data is, for the person who started this. A named address may hold a password, so it is not repeated.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Named(_) => "in the MongoDB that MONGODB_URI names".to_owned(),
            Self::Local { data, .. } => data.display().to_string(),
        }
    }

    /// Resolves when a server of our own ends although nobody told it to.
    pub(super) async fn lost(&self) -> Failure {
        match self {
            Self::Named(_) => std::future::pending().await,
            Self::Local { server, .. } => server.exited().await.into(),
        }
    }

    /// Stops a server of our own.
    pub(super) async fn close(self) -> Result<(), LocalMongodError> {
        match self {
            Self::Named(_) => Ok(()),
            Self::Local { server, .. } => server.stop().await,
        }
    }
}

/// Tells what takes long. A download tells its progress only to a person, and on one line.
fn report(step: Progress) {
    use std::io::{IsTerminal as _, Write as _, stderr};
    let mut terminal = stderr();
    match step {
        Progress::Received { bytes, total } if terminal.is_terminal() => {
            let end = if bytes == total { "\n" } else { "" };
            // A terminal that cannot be written to is no reason to stop a download.
            let _ = write!(terminal, "\r  {step}{end}").and_then(|()| terminal.flush());
        }
        Progress::Received { .. } => {}
        step => tracing::info!("{step}"),
    }
}
