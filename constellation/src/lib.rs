#![recursion_limit = "256"]
//! The whole backend in one program, and the developer's commands.
//!
//! | module | what it holds |
//! |---|---|
//! | `settings` | the command line and its environment variables |
//! | `subgraphs` | the subgraphs that this program carries |
//! | `schema` | composing them into one graph, and keeping `schema/` true to the code |
//! | `keys` | the operator's way to list and rotate the secret keys |
//! | `users` | the operator's way to list accounts and to disable them |
//! | `up` | the database, the subgraphs and the router, started and stopped in the right order |
//!
//! Invariant: nothing below this crate knows that everything runs in one process.

mod keys;
mod schema;
mod settings;
mod subgraphs;
mod up;
mod users;

use std::process::ExitCode;

use constellation_shared::program::run;

use settings::{Command, Settings};

/// The whole of the program.
pub fn main() -> ExitCode {
    run(
        |settings: &Settings| &settings.logs,
        async |settings: Settings, stop| match settings.command {
            Some(Command::Schema(wanted)) => Ok(schema::command(&wanted)?),
            Some(Command::Database) => up::database(&settings.up, stop).await,
            Some(Command::Keys(wanted)) => keys::command(&settings.up.keys_file(), &wanted.command),
            Some(Command::Users(wanted)) => users::command(&settings.up, wanted.command).await,
            None => up::up(settings.up, stop).await,
        },
    )
}
