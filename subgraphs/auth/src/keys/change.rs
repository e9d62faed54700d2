//! How an operator changes keys: a new key is published as `next`, becomes `current`, then `previous`, and is retired.
//! Each step waits until the one before has reached everybody, so that no token fails on the way.

use std::fs::File;
use std::path::{Path, PathBuf};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use constellation_shared::auth::{KEYS_POLL, LEEWAY};
use constellation_shared::clock::Clock;
use constellation_shared::entropy::Entropy;

use super::file::{Entry, KeysFile};
use super::live::FILE_POLL;
use super::{KeyState, KeyUse, Keys, KeysError, RefreshKey, SigningKeys};
use crate::domain::LIFETIMES;

/// The file of keys, for whoever changes it. Nothing here gives away anything of a secret.
pub struct KeyFile(PathBuf);

/// What may be known of a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// What it is for.
    pub used_for: KeyUse,
    /// Its name: in tokens (`kid`), and in the documents of sessions.
    pub id: String,
    /// Where it is in its life.
    pub state: KeyState,
    /// Since when it is there.
    pub since: DateTime<Utc>,
    /// From when on it can take its next step without anybody noticing; the current key waits for another.
    pub ripe_at: Option<DateTime<Utc>>,
}

/// Why a key did not change.
#[derive(Debug, thiserror::Error)]
pub enum KeyChangeError {
    /// The file cannot be used.
    #[error(transparent)]
    File(#[from] KeysError),
    /// Nobody can be kept from changing the file at the same time.
    #[error("{0} cannot be locked")]
    Lock(PathBuf, #[source] std::io::Error),
    /// A key could not be made.
    #[error("a new key cannot be made")]
    Making(#[source] ed25519_dalek::pkcs8::Error),
    /// There is a next key already.
    #[error("there is a next {0} key already; promote it first")]
    NextAlready(KeyUse),
    /// There is no next key.
    #[error("there is no next {0} key; add one first")]
    NoNext(KeyUse),
    /// No key has this id.
    #[error("there is no key {0}; `constellation keys list` shows all")]
    Unknown(String),
    /// The key is in use.
    #[error("this key is in use; promote another one first")]
    InUse,
    /// Not everybody who reads keys has read this one.
    #[error(
        "this key has not been published for long enough: a service reads keys every {} minutes. Wait until {}, or say --now and let requests fail",
        KEYS_POLL.as_secs() / 60,
        moment(.0)
    )]
    NotPublished(DateTime<Utc>),
    /// Tokens that it made may still live.
    #[error(
        "tokens that this key made may still live. Wait until {}, or say --now and let them fail",
        moment(.0)
    )]
    StillNeeded(DateTime<Utc>),
}

impl KeyFile {
    /// The file at this path.
    pub fn at(path: &Path) -> Self {
        Self(path.into())
    }

    /// All keys.
    ///
    /// # Errors
    /// When the file cannot be used.
    pub fn list(&self) -> Result<Vec<KeyInfo>, KeysError> {
        // What the service would not take up is not shown as if it would.
        Keys::read(&self.0)?;
        let file = KeysFile::read(&self.0)?;
        let infos = |used_for| file.keys(used_for).iter().map(move |key| info(used_for, key));
        Ok(infos(KeyUse::Signing).chain(infos(KeyUse::Refresh)).collect())
    }

    /// Publishes a new key, which is not used yet.
    ///
    /// # Errors
    /// When there is a next key already, or the file cannot be used.
    pub fn add(
        &self,
        used_for: KeyUse,
        clock: &dyn Clock,
        entropy: &dyn Entropy,
    ) -> Result<KeyInfo, KeyChangeError> {
        self.change(|file| {
            let keys = file.keys_mut(used_for);
            if keys.iter().any(|key| key.state == KeyState::Next) {
                return Err(KeyChangeError::NextAlready(used_for));
            }
            let key =
                Entry::generate(used_for, KeyState::Next, clock, entropy).map_err(KeyChangeError::Making)?;
            keys.push(key.clone());
            Ok((used_for, key))
        })
    }

    /// Puts the next key to use; the one that was in use becomes a previous one. `at_once` does not wait until everybody
    /// has read the key.
    ///
    /// # Errors
    /// When there is no next key, it is too early, or the file cannot be used.
    pub fn promote(
        &self,
        used_for: KeyUse,
        at_once: bool,
        clock: &dyn Clock,
    ) -> Result<KeyInfo, KeyChangeError> {
        let now = clock.now();
        self.change(|file| {
            let keys = file.keys_mut(used_for);
            let next = keys
                .iter()
                .position(|key| key.state == KeyState::Next)
                .ok_or(KeyChangeError::NoNext(used_for))?;
            match ripe_at(used_for, &keys[next]) {
                Some(ripe) if now < ripe && !at_once => return Err(KeyChangeError::NotPublished(ripe)),
                _ => {}
            }
            for key in keys.iter_mut().filter(|key| key.state == KeyState::Current) {
                key.enter(KeyState::Previous, now);
            }
            keys[next].enter(KeyState::Current, now);
            Ok((used_for, keys[next].clone()))
        })
    }

    /// Forgets a previous key, or a next one that was never used. `at_once` does not wait until no token that it made
    /// can live any more.
    ///
    /// # Errors
    /// When there is no such key, it is in use, it is too early, or the file cannot be used.
    pub fn retire(&self, id: &str, at_once: bool, clock: &dyn Clock) -> Result<KeyInfo, KeyChangeError> {
        let now = clock.now();
        self.change(|file| {
            for used_for in [KeyUse::Signing, KeyUse::Refresh] {
                let keys = file.keys_mut(used_for);
                let found = keys.iter().position(|key| key_id(used_for, key) == id);
                let Some(position) = found else { continue };
                let key = &keys[position];
                match (key.state, ripe_at(used_for, key)) {
                    (KeyState::Current, _) => return Err(KeyChangeError::InUse),
                    (KeyState::Previous, Some(ripe)) if now < ripe && !at_once => {
                        return Err(KeyChangeError::StillNeeded(ripe));
                    }
                    _ => return Ok((used_for, keys.remove(position))),
                }
            }
            Err(KeyChangeError::Unknown(id.to_owned()))
        })
    }

    /// Changes the file while nobody else does.
    fn change(
        &self,
        change: impl FnOnce(&mut KeysFile) -> Result<(KeyUse, Entry), KeyChangeError>,
    ) -> Result<KeyInfo, KeyChangeError> {
        // What is broken is not rewritten: somebody must look at it first.
        Keys::read(&self.0)?;
        let _lock = self.lock()?;
        let mut file = KeysFile::read(&self.0)?;
        let (used_for, key) = change(&mut file)?;
        file.replace(&self.0)?;
        Ok(info(used_for, &key))
    }

    /// A lock that ends with the returned handle, so also when its holder is killed. It is on a file of its own, because
    /// the file of keys is another one after each change.
    fn lock(&self) -> Result<File, KeyChangeError> {
        let path = self.0.with_added_extension("lock");
        let locked = || {
            let file = File::options()
                .create(true)
                .truncate(false)
                .write(true)
                .open(&path)?;
            file.lock()?;
            Ok(file)
        };
        locked().map_err(|error| KeyChangeError::Lock(path.clone(), error))
    }
}

fn info(used_for: KeyUse, key: &Entry) -> KeyInfo {
    KeyInfo {
        used_for,
        id: key_id(used_for, key),
        state: key.state,
        since: key.since(),
        ripe_at: ripe_at(used_for, key),
    }
}

fn key_id(used_for: KeyUse, key: &Entry) -> String {
    let id = match used_for {
        KeyUse::Signing => SigningKeys::id_of(&key.secret),
        KeyUse::Refresh => RefreshKey::from_base64(&key.secret).map(|key| key.id().to_owned()),
    };
    // A file with a key that cannot be read is refused before anything is done with it.
    id.unwrap_or_default()
}

/// From when on nobody notices that a key takes its next step.
fn ripe_at(used_for: KeyUse, key: &Entry) -> Option<DateTime<Utc>> {
    // Every replica reads the file within this, and clocks may differ.
    let known = TimeDelta::from_std(FILE_POLL + LEEWAY).unwrap_or_default();
    let wait = match (key.state, used_for) {
        (KeyState::Current, _) => return None,
        (KeyState::Next, _) => TimeDelta::from_std(KEYS_POLL).unwrap_or_default(),
        (KeyState::Previous, KeyUse::Signing) => {
            LIFETIMES.access + TimeDelta::from_std(LEEWAY).unwrap_or_default()
        }
        // As long as a session may show a token that was derived with it: by that, theft is recognised.
        (KeyState::Previous, KeyUse::Refresh) => LIFETIMES.absolute,
    };
    Some(key.since() + known + wait)
}

fn moment(at: &DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
