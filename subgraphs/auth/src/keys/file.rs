//! The file of keys, as it is written, read and replaced.

use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::{MetadataExt as _, fchown};
use std::path::{Path, PathBuf};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use constellation_shared::clock::Clock;
use constellation_shared::entropy::{Entropy, random};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use serde::{Deserialize, Serialize};

use super::{KeyUse, KeysError};

/// The file, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct KeysFile {
    signing: Vec<Entry>,
    refresh: Vec<Entry>,
}

/// One key: PKCS#8 PEM for signing, 32 bytes as base64url for refresh tokens.
#[derive(Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Entry {
    pub(super) state: KeyState,
    created_at: DateTime<Utc>,
    /// When it came into its state; files from before keys could change have it only once they have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    changed_at: Option<DateTime<Utc>>,
    pub(super) secret: String,
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum KeyState {
    /// Published, but not used yet.
    Next,
    /// In use.
    Current,
    /// No longer used, still accepted.
    Previous,
}

impl Entry {
    /// Since when it is in its state.
    pub(super) fn since(&self) -> DateTime<Utc> {
        self.changed_at.unwrap_or(self.created_at)
    }

    /// Takes it to the next state of its life.
    pub(super) fn enter(&mut self, state: KeyState, now: DateTime<Utc>) {
        self.state = state;
        self.changed_at = Some(now);
    }

    /// A new key.
    pub(super) fn generate(
        wanted: KeyUse,
        state: KeyState,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<Self, ed25519_dalek::pkcs8::Error> {
        let secret = match wanted {
            KeyUse::Signing => SigningKey::from_bytes(&random(entropy))
                .to_pkcs8_pem(LineEnding::LF)?
                .to_string(),
            KeyUse::Refresh => URL_SAFE_NO_PAD.encode(random::<32>(entropy)),
        };
        Ok(Self {
            state,
            created_at: clock.now(),
            changed_at: None,
            secret,
        })
    }
}

impl KeysFile {
    pub(super) fn read(path: &Path) -> Result<Self, KeysError> {
        let json = fs::read(path).map_err(|error| KeysError::Unreadable(path.into(), error))?;
        Self::parse(path, &json)
    }

    pub(super) fn parse(path: &Path, json: &[u8]) -> Result<Self, KeysError> {
        serde_json::from_slice(json).map_err(|error| KeysError::Malformed {
            path: path.into(),
            reason: format!(
                "its JSON is not right at line {} column {}",
                error.line(),
                error.column()
            ),
        })
    }

    /// The keys for this use.
    pub(super) fn keys(&self, wanted: KeyUse) -> &[Entry] {
        match wanted {
            KeyUse::Signing => &self.signing,
            KeyUse::Refresh => &self.refresh,
        }
    }

    pub(super) fn keys_mut(&mut self, wanted: KeyUse) -> &mut Vec<Entry> {
        match wanted {
            KeyUse::Signing => &mut self.signing,
            KeyUse::Refresh => &mut self.refresh,
        }
    }

    /// The one key in use, and the others; the reason why there is not exactly one otherwise.
    pub(super) fn split(&self, wanted: KeyUse) -> Result<(&Entry, Vec<&Entry>), String> {
        let in_use = |entry: &&Entry| entry.state == KeyState::Current;
        let (current, others): (Vec<_>, Vec<_>) = self.keys(wanted).iter().partition(in_use);
        match current[..] {
            [current] => Ok((current, others)),
            _ => Err(format!(
                "`{wanted}` must have exactly one key whose state is `current`, and has {}",
                current.len()
            )),
        }
    }

    /// Makes a file with new keys, unless somebody else is faster.
    pub(super) fn generate(path: &Path, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<(), KeysError> {
        let unwritable = |error| KeysError::Unwritable(path.into(), error);
        let new = |wanted| {
            Entry::generate(wanted, KeyState::Current, clock, entropy)
                .map(|entry| vec![entry])
                .map_err(|error| unwritable(std::io::Error::other(error)))
        };
        let file = Self {
            signing: new(KeyUse::Signing)?,
            refresh: new(KeyUse::Refresh)?,
        };
        fs::create_dir_all(folder(path)).map_err(unwritable)?;
        let temporary = file.write_beside(path).map_err(unwritable)?;
        // It gets its name when it is complete, and only if nobody was faster, so that no process ever reads half a file
        // or keys that another is about to replace.
        match temporary.persist_noclobber(path) {
            Ok(_) => Ok(()),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
            Err(error) => Err(unwritable(error.error)),
        }
    }

    /// Puts these keys in the place of the present ones, at once and for good: whoever reads the file finds all of the
    /// old or all of the new.
    pub(super) fn replace(&self, path: &Path) -> Result<(), KeysError> {
        let replaced = || {
            // A link stays one.
            let path = fs::canonicalize(path)?;
            let temporary = self.write_beside(&path)?;
            // An operator may be somebody else than the service that must still be able to read it.
            let (old, new) = (fs::metadata(&path)?, temporary.as_file().metadata()?);
            if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
                fchown(temporary.as_file(), Some(old.uid()), Some(old.gid()))?;
            }
            temporary.persist(&path).map_err(|error| error.error)?;
            File::open(folder(&path))?.sync_all()
        };
        replaced().map_err(|error| KeysError::Unwritable(path.into(), error))
    }

    /// The content in a file of another name, which only its owner can read.
    fn write_beside(&self, path: &Path) -> std::io::Result<tempfile::NamedTempFile> {
        let json = serde_json::to_vec_pretty(self)?;
        let mut temporary = tempfile::NamedTempFile::new_in(folder(path))?;
        temporary.write_all(&json)?;
        temporary.as_file().sync_all()?;
        Ok(temporary)
    }
}

fn folder(path: &Path) -> PathBuf {
    path.parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."))
        .into()
}
