use std::fs;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use constellation_shared::clock::Clock;
use constellation_shared::entropy::{Entropy, random};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::EncodePrivateKey as _;
use ed25519_dalek::pkcs8::spki::der::pem::LineEnding;
use serde::{Deserialize, Serialize};

use super::refresh::RefreshKey;
use super::{Keys, KeysError, RefreshKeys, SigningKeys};

/// The file, as JSON.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeysFile {
    signing: Vec<Entry>,
    refresh: Vec<Entry>,
}

/// One key: PKCS#8 PEM for signing, 32 bytes as base64url for refresh tokens.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry {
    state: KeyState,
    created_at: DateTime<Utc>,
    secret: String,
}

/// Where a key is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum KeyState {
    /// Published, but not used yet.
    Next,
    /// In use.
    Current,
    /// No longer used, still accepted.
    Previous,
}

pub(super) fn read(path: &Path) -> Result<Keys, KeysError> {
    let json = fs::read(path).map_err(|error| KeysError::Unreadable(path.into(), error))?;
    let malformed = |reason: String| KeysError::Malformed {
        path: path.into(),
        reason,
    };
    let file: KeysFile = serde_json::from_slice(&json).map_err(|error| {
        malformed(format!(
            "its JSON is not right at line {} column {}",
            error.line(),
            error.column()
        ))
    })?;

    let (current, others) = split(file.signing).map_err(|reason| malformed(format!("`signing` {reason}")))?;
    let signing = SigningKeys::from_pem(&current.secret, others.iter().map(|entry| entry.secret.as_str()))
        .ok_or_else(|| malformed("a key in `signing` is not an Ed25519 key in PKCS#8 PEM".into()))?;

    let (current, others) = split(file.refresh).map_err(|reason| malformed(format!("`refresh` {reason}")))?;
    let read = |entry: &Entry| RefreshKey::from_base64(&entry.secret);
    let keys: Option<Vec<_>> = others.iter().map(read).collect();
    let refresh = read(&current)
        .zip(keys)
        .map(|(current, others)| RefreshKeys::new(current, others))
        .ok_or_else(|| malformed("a key in `refresh` is not 32 bytes in base64url".into()))?;
    Ok(Keys { signing, refresh })
}

/// The one key in use, and the others.
fn split(mut entries: Vec<Entry>) -> Result<(Entry, Vec<Entry>), String> {
    let in_use = entries
        .iter()
        .filter(|entry| entry.state == KeyState::Current)
        .count();
    let position = entries.iter().position(|entry| entry.state == KeyState::Current);
    match position {
        Some(position) if in_use == 1 => Ok((entries.remove(position), entries)),
        _ => Err(format!(
            "must have exactly one key whose state is `current`, and has {in_use}"
        )),
    }
}

pub(super) fn generate(path: &Path, clock: &dyn Clock, entropy: &dyn Entropy) -> Result<(), KeysError> {
    let unwritable = |error| KeysError::Unwritable(path.into(), error);
    let entry = |secret| {
        vec![Entry {
            state: KeyState::Current,
            created_at: clock.now(),
            secret,
        }]
    };
    let pem = SigningKey::from_bytes(&random(entropy))
        .to_pkcs8_pem(LineEnding::LF)
        .map_err(|error| unwritable(std::io::Error::other(error)))?;
    let file = KeysFile {
        signing: entry(pem.to_string()),
        refresh: entry(URL_SAFE_NO_PAD.encode(random::<32>(entropy))),
    };
    let json = serde_json::to_vec_pretty(&file).map_err(|error| unwritable(error.into()))?;

    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
        .unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(unwritable)?;
    // A temporary file is made readable by its owner only. It gets its name when it is complete, and only if nobody was
    // faster, so that no process ever reads half a file or keys that another is about to replace.
    let mut temporary = tempfile::NamedTempFile::new_in(folder).map_err(unwritable)?;
    temporary
        .write_all(&json)
        .and_then(|()| temporary.as_file().sync_all())
        .map_err(unwritable)?;
    match temporary.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(unwritable(error.error)),
    }
}
