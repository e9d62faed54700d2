//! The auth service as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    constellation_auth::main()
}
