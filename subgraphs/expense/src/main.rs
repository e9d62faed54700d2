//! The expense service as a program of its own.

use std::process::ExitCode;

fn main() -> ExitCode {
    constellation_expense::main()
}
