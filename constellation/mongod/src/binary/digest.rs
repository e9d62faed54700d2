use std::fmt::Write as _;
use std::io::{self, Read, Write};

use sha2::{Digest, Sha256};

/// Large enough that reading costs nothing beside hashing.
const CHUNK: usize = 1 << 20;

/// Copies `from` into `to` and gives the SHA-256 of what went through, in lowercase hexadecimal.
pub(super) fn copy(mut from: impl Read, mut to: impl Write) -> io::Result<String> {
    let mut hasher = Sha256::new();
    let mut chunk = vec![0; CHUNK];
    loop {
        let length = match from.read(&mut chunk) {
            Ok(0) => break,
            Ok(length) => length,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
            Err(error) => return Err(error),
        };
        hasher.update(&chunk[..length]);
        to.write_all(&chunk[..length])?;
    }
    let mut hex = String::with_capacity(64);
    for byte in hasher.finalize() {
        write!(hex, "{byte:02x}").map_err(io::Error::other)?;
    }
    Ok(hex)
}

/// The SHA-256 of everything that `from` gives.
pub(super) fn of(from: impl Read) -> io::Result<String> {
    copy(from, io::sink())
}
