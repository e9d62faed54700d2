use std::fmt;
use std::io;
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use tokio::process::Command;

/// How long a server may take to say its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// A server's version.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// Changes with every yearly release of MongoDB.
    pub major: u32,
    /// Changes with every release between those.
    pub minor: u32,
    /// Changes with every correction.
    pub patch: u32,
}

/// Why a program cannot be used as the server.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Unusable {
    /// The operating system refused to run it.
    #[error("it cannot be run")]
    CannotRun(#[source] io::Error),
    /// It ended with an error when asked for its version.
    #[error("it fails to run ({status}){}", explain(.stderr))]
    Fails {
        /// How it ended.
        status: std::process::ExitStatus,
        /// What it said about that.
        stderr: String,
    },
    /// It did not answer.
    #[error("it did not say its version within {} s", PATIENCE.as_secs())]
    Hangs,
    /// It answered something else than a version.
    #[error("its version is not known: it answers {0:?}")]
    Unreadable(String),
    /// It is too old.
    #[error("version {found} is older than {oldest}")]
    TooOld {
        /// Its version.
        found: Version,
        /// The oldest version that is accepted.
        oldest: Version,
    },
}

impl Version {
    /// Reads the version from the answer to `mongod --version`.
    fn parse(answer: &str) -> Option<Self> {
        let numbers = answer
            .lines()
            .find_map(|line| line.trim().strip_prefix("db version v"))?;
        // A pre-release is called 8.1.0-rc2.
        let mut parts = numbers.split(['.', '-']).map(str::parse);
        let mut next = || parts.next()?.ok();
        Some(Self {
            major: next()?,
            minor: next()?,
            patch: next()?,
        })
    }

    pub(super) fn at_least(self, oldest: Self) -> Result<Self, Unusable> {
        if self >= oldest {
            Ok(self)
        } else {
            Err(Unusable::TooOld { found: self, oldest })
        }
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}.{}", self.major, self.minor, self.patch)
    }
}

/// Asks a server for its version, which also shows that it runs on this machine.
pub(super) async fn of(program: &Path) -> Result<Version, Unusable> {
    let output = match tokio::time::timeout(PATIENCE, ask(program)).await {
        Ok(output) => output.map_err(Unusable::CannotRun)?,
        Err(_) => return Err(Unusable::Hangs),
    };
    let answer = String::from_utf8_lossy(&output.stdout);
    if !output.status.success() {
        let stderr = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Unusable::Fails {
            status: output.status,
            stderr,
        });
    }
    Version::parse(&answer)
        .ok_or_else(|| Unusable::Unreadable(answer.lines().next().unwrap_or_default().to_owned()))
}

async fn ask(program: &Path) -> io::Result<Output> {
    loop {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).kill_on_drop(true);
        match command.output().await {
            // A process that another thread is just creating holds, for an instant, the file that we have
            // finished writing, and until it lets go the system does not run it.
            Err(error) if error.kind() == io::ErrorKind::ExecutableFileBusy => {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            outcome => return outcome,
        }
    }
}

fn explain(stderr: &str) -> String {
    if stderr.is_empty() {
        String::new()
    } else {
        format!(": {stderr}")
    }
}
