//! The whole stack as a client sees it: real programs, real HTTP, a real MongoDB.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

mod distributed;
mod one_process;
mod programs;
mod support;
