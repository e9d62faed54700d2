//! Reading the server's log: a line of JSON for each event.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::error::LogExcerpt;

/// The number of the event "Waiting for connections".
const WAITING_FOR_CONNECTIONS: u32 = 23016;

/// How much of a log is shown: a few errors, and what came last.
const SHOWN_ERRORS: usize = 5;
const SHOWN_LINES: usize = 3;
const SHOWN_CHARACTERS: usize = 400;

/// The part of a log that one run writes.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    file: PathBuf,
    start: u64,
    kept: bool,
}

#[derive(Deserialize)]
struct Event {
    #[serde(rename = "s", default)]
    severity: String,
    #[serde(rename = "c", default)]
    component: String,
    #[serde(default)]
    id: u32,
    msg: String,
    #[serde(default)]
    attr: serde_json::Value,
}

impl Log {
    /// Opens a log for a new run, after what earlier runs wrote. The handle appends to it.
    pub(crate) fn open(path: &Path, kept: bool) -> io::Result<(Self, File)> {
        let file = File::options().create(true).append(true).open(path)?;
        let start = file.metadata()?.len();
        Ok((
            Self {
                file: path.to_owned(),
                start,
                kept,
            },
            file,
        ))
    }

    /// The port that the server listens on, once it does.
    pub(crate) fn port(&self) -> io::Result<Option<u16>> {
        let text = self.read()?;
        // The last line may be half written: it does not parse, and is read again.
        let listening = text
            .lines()
            .filter_map(parse)
            .find(|event| event.id == WAITING_FOR_CONNECTIONS);
        Ok(listening.and_then(|event| event.attr.get("port")?.as_u64()?.try_into().ok()))
    }

    /// Whether the run has written this text.
    pub(crate) fn contains(&self, text: &str) -> bool {
        self.read().is_ok_and(|log| log.contains(text))
    }

    /// What a person should see of it: the errors of the run and its last lines.
    pub(crate) fn excerpt(&self) -> LogExcerpt {
        let text = self.read().unwrap_or_default();
        let lines: Vec<(bool, String)> = text
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(condense)
            .collect();
        // The first error is the cause, and what comes after it is mostly the server's way of stopping.
        let (before, recent) = lines.split_at(lines.len().saturating_sub(SHOWN_LINES));
        let errors = before.iter().filter(|(is_error, _)| *is_error).take(SHOWN_ERRORS);
        LogExcerpt {
            lines: errors.chain(recent).map(|(_, line)| line.clone()).collect(),
            file: self.file.clone(),
            kept: self.kept,
        }
    }

    fn read(&self) -> io::Result<String> {
        let mut file = File::open(&self.file)?;
        file.seek(SeekFrom::Start(self.start))?;
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes)?;
        Ok(String::from_utf8_lossy(&bytes).into_owned())
    }
}

fn parse(line: &str) -> Option<Event> {
    serde_json::from_str(line).ok()
}

/// Whether a line tells of an error, and what a person needs of it. What is not an event is a loader's or
/// a shell's complaint, and shown as it is.
fn condense(line: &str) -> (bool, String) {
    let Some(event) = parse(line) else {
        return (true, shorten(line));
    };
    let is_error = matches!(event.severity.as_str(), "E" | "F");
    let detail = match event.attr.get("error") {
        Some(error) => format!(": {error}"),
        None if event.attr.is_null() => String::new(),
        None => format!(": {}", event.attr),
    };
    (
        is_error,
        shorten(&format!(
            "{} {} {}{detail}",
            event.severity, event.component, event.msg
        )),
    )
}

fn shorten(line: &str) -> String {
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(SHOWN_CHARACTERS) {
        Some((end, _)) => format!("{}...", &line[..end]),
        None => line,
    }
}
