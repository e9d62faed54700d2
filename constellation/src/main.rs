//! The whole backend in one program: `cargo run` starts it, `cargo run -- --help` lists what else it does.
#![recursion_limit = "256"]

use std::process::ExitCode;

// Hive Router allocates a great deal in small pieces, and is measured and shipped with this allocator.
#[global_allocator]
static ALLOCATOR: hive_router::RouterGlobalAllocator = hive_router::RouterGlobalAllocator;

fn main() -> ExitCode {
    constellation::main()
}
