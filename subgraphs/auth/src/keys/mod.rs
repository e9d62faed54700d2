//! The secret keys of auth, kept in one file: the Ed25519 keys that sign access tokens, and the keys that refresh
//! tokens are derived with.
//!
//! Each list has one `current` key, which is used, and may have `next` and `previous` ones, which are published or
//! still accepted, so that keys can change while tokens are in use.

mod file;
mod refresh;
mod settings;
mod signing;

pub(crate) use refresh::{RefreshKey, RefreshKeys};
pub use settings::KeySettings;
pub(crate) use signing::SigningKeys;

use std::path::{Path, PathBuf};

use constellation_shared::auth::InvalidKeySet;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;

/// Why the keys cannot be used. No message repeats anything of a key.
#[derive(Debug, thiserror::Error)]
pub enum KeysError {
    /// The file cannot be read.
    #[error("AUTH_KEYS_FILE={0} cannot be read (AUTH_GENERATE_KEYS=true makes one where there is none)")]
    Unreadable(PathBuf, #[source] std::io::Error),
    /// The file cannot be written.
    #[error("AUTH_KEYS_FILE={0} cannot be written")]
    Unwritable(PathBuf, #[source] std::io::Error),
    /// The file is not as this program writes it. The parser's own words could repeat a key, so they are left out.
    #[error("AUTH_KEYS_FILE={path} is not a file of keys: {reason}")]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// What is wrong, without any content.
        reason: String,
    },
    /// The public halves make no key set.
    #[error("the public keys cannot be published")]
    Unpublishable(#[source] InvalidKeySet),
}

/// All secret keys.
pub struct Keys {
    signing: SigningKeys,
    refresh: RefreshKeys,
}

impl Keys {
    /// Reads the file of keys.
    ///
    /// # Errors
    /// When it cannot be read, or is not as this program writes it.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        file::read(path)
    }

    /// Reads the file of keys, after making it with new keys if there is none. When several processes do so at the
    /// same time, all end up with the same keys.
    ///
    /// # Errors
    /// When it cannot be read or written.
    pub fn read_or_generate(
        path: &Path,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Self, KeysError> {
        if !path.exists() {
            file::generate(path, clock, entropy)?;
        }
        file::read(path)
    }

    pub(crate) fn into_parts(self) -> (SigningKeys, RefreshKeys) {
        (self.signing, self.refresh)
    }
}
