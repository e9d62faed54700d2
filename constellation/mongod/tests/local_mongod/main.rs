//! Real servers: started, used, stopped and killed.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes only the test functions for tests, not what they call"
)]

mod databases;
#[cfg(all(target_os = "linux", target_arch = "x86_64"))]
mod fetching;
mod killed_parent;
mod servers;
mod support;
