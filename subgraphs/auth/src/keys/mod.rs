//! The secret keys of auth, kept in one file: the Ed25519 keys that sign access tokens, and the keys that refresh
//! tokens are derived with.
//!
//! Each list has one `current` key, which is used, and may have `next` and `previous` ones, which are published or
//! still accepted, so that keys can change while tokens are in use.

mod change;
mod file;
mod live;
mod refresh;
mod settings;
mod signing;

pub use change::{KeyChangeError, KeyFile, KeyInfo};
pub use file::KeyState;
pub(crate) use live::LiveKeys;
pub(crate) use refresh::{RefreshKey, RefreshKeys};
pub use settings::KeySettings;
pub(crate) use signing::SigningKeys;

use std::fmt;
use std::path::{Path, PathBuf};

use constellation_shared::auth::InvalidKeySet;
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;
use sha2::{Digest as _, Sha256};

use file::KeysFile;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum KeyUse {
    /// Signing access tokens and the feed of ended sessions
    Signing,
    /// Deriving refresh tokens
    Refresh,
}

impl fmt::Display for KeyUse {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Signing => "signing",
            Self::Refresh => "refresh",
        })
    }
}

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

/// All secret keys, as a file had them at one moment.
pub struct Keys {
    path: PathBuf,
    /// SHA-256 of the file's content, by which a change is noticed.
    digest: [u8; 32],
    signing: SigningKeys,
    refresh: RefreshKeys,
}

impl Keys {
    /// Reads the file of keys.
    ///
    /// # Errors
    /// When it cannot be read, or is not as this program writes it.
    pub fn read(path: &Path) -> Result<Self, KeysError> {
        let json = std::fs::read(path).map_err(|error| KeysError::Unreadable(path.into(), error))?;
        Self::parse(path, &json)
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
            KeysFile::generate(path, clock, entropy)?;
        }
        Self::read(path)
    }

    fn parse(path: &Path, json: &[u8]) -> Result<Self, KeysError> {
        let malformed = |reason: String| KeysError::Malformed {
            path: path.into(),
            reason,
        };
        let file = KeysFile::parse(path, json)?;
        let (current, others) = file.split(KeyUse::Signing).map_err(malformed)?;
        let signing =
            SigningKeys::from_pem(&current.secret, others.iter().map(|entry| entry.secret.as_str()))
                .ok_or_else(|| malformed("a key in `signing` is not an Ed25519 key in PKCS#8 PEM".into()))?;

        let (current, others) = file.split(KeyUse::Refresh).map_err(malformed)?;
        let others: Option<Vec<_>> = others
            .iter()
            .map(|entry| RefreshKey::from_base64(&entry.secret))
            .collect();
        let refresh = RefreshKey::from_base64(&current.secret)
            .zip(others)
            .map(|(current, others)| RefreshKeys::new(current, others))
            .ok_or_else(|| malformed("a key in `refresh` is not 32 bytes in base64url".into()))?;
        Ok(Self {
            path: path.into(),
            digest: Sha256::digest(json).into(),
            signing,
            refresh,
        })
    }

    pub(crate) const fn signing(&self) -> &SigningKeys {
        &self.signing
    }

    pub(crate) const fn refresh(&self) -> &RefreshKeys {
        &self.refresh
    }
}
