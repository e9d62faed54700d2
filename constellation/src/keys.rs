//! `constellation keys`: the operator's way to list and rotate the secret keys. It changes the file; running services
//! notice.

use std::path::Path;

use constellation_auth::{KeyFile, KeyInfo, KeyState};
use constellation_shared::clock::SystemClock;
use constellation_shared::entropy::SystemEntropy;
use constellation_shared::program::Failure;

use crate::settings::KeysCommand;

/// Does what was asked, and says what has come of it.
pub(crate) fn command(path: &Path, wanted: &KeysCommand) -> Result<(), Failure> {
    let file = KeyFile::at(path);
    match wanted {
        KeysCommand::List => file.list()?.iter().for_each(say),
        KeysCommand::Add { used_for } => say(&file.add(*used_for, &SystemClock, &SystemEntropy)?),
        KeysCommand::Promote { used_for, now } => say(&file.promote(*used_for, *now, &SystemClock)?),
        KeysCommand::Retire { id, now } => {
            let gone = file.retire(id, *now, &SystemClock)?;
            print(&format!("{:8}retired   {}", gone.used_for.to_string(), gone.id));
        }
    }
    Ok(())
}

fn say(key: &KeyInfo) {
    let state = match key.state {
        KeyState::Next => "next",
        KeyState::Current => "current",
        KeyState::Previous => "previous",
    };
    let next_step = match (key.state, key.ripe_at) {
        (KeyState::Next, Some(at)) => format!(", may be promoted from {}", at.format(MOMENT)),
        (KeyState::Previous, Some(at)) => format!(", may be retired from {}", at.format(MOMENT)),
        _ => String::new(),
    };
    print(&format!(
        "{:8}{state:10}{:43}  since {}{next_step}",
        key.used_for.to_string(),
        key.id,
        key.since.format(MOMENT),
    ));
}

const MOMENT: &str = "%Y-%m-%d %H:%M:%S UTC";

fn print(line: &str) {
    #[expect(clippy::print_stdout, reason = "this is what the operator asked for")]
    {
        println!("{line}");
    }
}
