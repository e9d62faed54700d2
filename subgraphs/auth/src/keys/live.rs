use std::sync::{Arc, Weak};
use std::time::Duration;

use arc_swap::ArcSwap;
use constellation_shared::auth::{KeyRing, KeySet};
use constellation_shared::error::chain;
use sha2::{Digest as _, Sha256};
use tokio::sync::Mutex;
use tokio::time::sleep;

use super::{Keys, KeysError};

/// How often the file of keys is read again.
pub(super) const FILE_POLL: Duration = Duration::from_secs(2);

/// The keys as they are right now. Their file is read again while the service runs, so that they change without a restart.
pub(crate) struct LiveKeys {
    keys: ArcSwap<Keys>,
    /// The public halves, for those who verify.
    ring: KeyRing,
    /// Held by whoever reads the file, so that nobody puts an older reading in the place of a newer one.
    reading: Mutex<()>,
}

impl LiveKeys {
    /// Takes the keys up, and follows their file for as long as somebody holds what is returned. Must be called inside
    /// the runtime that is to do so.
    pub(crate) fn follow(keys: Keys) -> Result<Arc<Self>, KeysError> {
        let live = Arc::new(Self {
            ring: KeyRing::of(published(&keys)?),
            keys: ArcSwap::from_pointee(keys),
            reading: Mutex::new(()),
        });
        tokio::spawn(keep_current(Arc::downgrade(&live)));
        Ok(live)
    }

    pub(crate) fn load(&self) -> Arc<Keys> {
        self.keys.load_full()
    }

    /// The public halves; they change with the keys.
    pub(crate) const fn ring(&self) -> &KeyRing {
        &self.ring
    }

    /// The keys, read anew if no refresh key with this id is among them: another replica may have been faster to take up
    /// a new one.
    pub(crate) async fn knowing(&self, refresh_id: &str) -> Arc<Keys> {
        let keys = self.load();
        if keys.refresh.get(refresh_id).is_some() {
            return keys;
        }
        self.newest().await
    }

    /// The keys, read anew.
    pub(crate) async fn newest(&self) -> Arc<Keys> {
        if let Err(error) = self.reread().await {
            tracing::warn!(error = %chain(&error), "the keys cannot be read again");
        }
        self.load()
    }

    /// Takes up what the file holds now. A file that cannot be used changes nothing.
    async fn reread(&self) -> Result<(), KeysError> {
        let _reading = self.reading.lock().await;
        let present = self.load();
        let json = tokio::fs::read(&present.path)
            .await
            .map_err(|error| KeysError::Unreadable(present.path.clone(), error))?;
        if <[u8; 32]>::from(Sha256::digest(&json)) == present.digest {
            return Ok(());
        }
        let keys = Keys::parse(&present.path, &json)?;
        // Known to those who verify before anything is signed with it.
        self.ring.replace(published(&keys)?);
        tracing::info!(
            signing = keys.signing.current_id(),
            refresh = keys.refresh.current().id(),
            "the file of keys has changed and is in use"
        );
        self.keys.store(Arc::new(keys));
        Ok(())
    }
}

async fn keep_current(keys: Weak<LiveKeys>) {
    let mut said = None;
    loop {
        sleep(FILE_POLL).await;
        let Some(keys) = keys.upgrade() else { return };
        let problem = keys.reread().await.err().map(|error| chain(&error));
        // What is wrong is said once, and not every other second.
        match &problem {
            Some(problem) if said.as_ref() != Some(problem) => {
                tracing::error!(
                    error = problem,
                    "the file of keys cannot be used; the present keys stay"
                );
            }
            None if said.is_some() => tracing::info!("the file of keys can be used again"),
            _ => {}
        }
        said = problem;
    }
}

fn published(keys: &Keys) -> Result<KeySet, KeysError> {
    KeySet::from_jwks(keys.signing.jwks().as_bytes()).map_err(KeysError::Unpublishable)
}
