//! What strangers send, in every form that a fuzzer can think of: one function for each place that reads it.
//!
//! Each takes any bytes, and panics when something does not hold that always must. `fuzz/run` gives them to a fuzzer that
//! sees which branches an input takes; `cargo test` replays what is in `corpus/`.

mod headers;
mod published;
mod tokens;

pub use headers::{client_address, cookies};
pub use published::{ended_sessions, key_set};
pub use tokens::{access_token, refresh_token, signed_token};

/// The program of one target. Built with `--cfg fuzzing` it is a fuzzer; otherwise it replays the files that it is given.
#[macro_export]
macro_rules! target {
    ($target:path) => {
        #[cfg(fuzzing)]
        ::libfuzzer_sys::fuzz_target!(|data: &[u8]| $target(data));

        #[cfg(not(fuzzing))]
        fn main() -> std::io::Result<()> {
            for path in std::env::args_os().skip(1) {
                $target(&std::fs::read(path)?);
            }
            Ok(())
        }
    };
}

/// Bytes in two parts, as the corpus writes them: up to the first line feed, and after it.
fn two(data: &[u8]) -> (&[u8], &[u8]) {
    let mut parts = data.splitn(2, |byte| *byte == b'\n');
    (parts.next().unwrap_or_default(), parts.next().unwrap_or_default())
}
