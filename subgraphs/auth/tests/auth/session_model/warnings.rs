//! What the service itself said was wrong, for a failure that its answers do not explain.

use std::collections::VecDeque;
use std::io::{Result, Write};
use std::sync::{Mutex, Once};

use tracing_subscriber::filter::LevelFilter;

const MOST: usize = 20;

static LATEST: Mutex<VecDeque<String>> = Mutex::new(VecDeque::new());

struct Latest;

impl Write for Latest {
    fn write(&mut self, line: &[u8]) -> Result<usize> {
        let mut latest = LATEST.lock().unwrap();
        if latest.len() == MOST {
            latest.pop_front();
        }
        latest.push_back(String::from_utf8_lossy(line).trim_end().to_owned());
        Ok(line.len())
    }

    fn flush(&mut self) -> Result<()> {
        Ok(())
    }
}

/// Keeps the warnings of this process from now on, of all its tests.
pub(super) fn keep() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let lines = tracing_subscriber::fmt()
            .with_ansi(false)
            .with_max_level(LevelFilter::WARN)
            .with_writer(|| Latest);
        let _ = lines.try_init();
    });
}

/// The latest of them.
pub(super) fn latest() -> String {
    let latest = LATEST.lock().unwrap();
    Vec::from(latest.clone()).join("\n  ")
}
