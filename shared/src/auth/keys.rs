use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use arc_swap::ArcSwapOption;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::jwk::{AlgorithmParameters, EllipticCurve, JwkSet, PublicKeyUse};
use tokio::sync::Notify;

/// The public keys that may have signed an access token, by key id.
#[derive(Clone, Default)]
pub struct KeySet(HashMap<String, DecodingKey>);

/// The text is not a usable JSON Web Key Set.
#[derive(Debug, thiserror::Error)]
pub enum InvalidKeySet {
    /// It is not a JWKS at all.
    #[error("it is not a JSON Web Key Set")]
    NotJwks(#[source] serde_json::Error),
    /// A key has no `kid`, so no token could name it.
    #[error("one of its keys has no `kid`")]
    NoKeyId,
    /// A key is broken.
    #[error("its key {kid:?} cannot be read")]
    BadKey {
        /// Which one.
        kid: String,
        /// Why.
        #[source]
        source: jsonwebtoken::errors::Error,
    },
    /// None of its keys can verify our tokens.
    #[error("it has no Ed25519 signing key")]
    Empty,
}

impl KeySet {
    /// Reads a JSON Web Key Set (RFC 7517). Keys of other kinds than Ed25519 are passed over: the algorithm is
    /// pinned by the key, so such a key could never verify one of our tokens.
    ///
    /// # Errors
    /// When the text is no key set, or has no key that could be used.
    pub fn from_jwks(json: &[u8]) -> Result<Self, InvalidKeySet> {
        let set: JwkSet = serde_json::from_slice(json).map_err(InvalidKeySet::NotJwks)?;
        let mut keys = HashMap::new();
        for jwk in &set.keys {
            let AlgorithmParameters::OctetKeyPair(pair) = &jwk.algorithm else {
                continue;
            };
            let for_signing = !matches!(jwk.common.public_key_use, Some(PublicKeyUse::Encryption));
            if pair.curve != EllipticCurve::Ed25519 || !for_signing {
                continue;
            }
            let kid = jwk.common.key_id.clone().ok_or(InvalidKeySet::NoKeyId)?;
            let key = DecodingKey::from_jwk(jwk).map_err(|source| InvalidKeySet::BadKey {
                kid: kid.clone(),
                source,
            })?;
            keys.insert(kid, key);
        }
        if keys.is_empty() {
            Err(InvalidKeySet::Empty)
        } else {
            Ok(Self(keys))
        }
    }

    pub(super) fn get(&self, kid: &str) -> Option<&DecodingKey> {
        self.0.get(kid)
    }
}

/// The key set as it is right now; whoever keeps it up to date holds a clone.
#[derive(Clone, Default)]
pub struct KeyRing(Arc<Ring>);

#[derive(Default)]
struct Ring {
    current: ArcSwapOption<KeySet>,
    /// Rung by a verifier that met an unknown key id.
    wanted: Notify,
    /// Rung when a follower has answered such a wish, whatever came of it.
    answered: Notify,
    /// Whether a follower would answer a wish now. Nobody waits for a ring that has none, or whose follower
    /// pauses because it has just looked.
    listening: AtomicBool,
}

impl KeyRing {
    /// A ring with these keys.
    #[must_use]
    pub fn of(keys: KeySet) -> Self {
        let ring = Self::default();
        ring.replace(keys);
        ring
    }

    /// Puts a newer key set in place of the present one.
    pub fn replace(&self, keys: KeySet) {
        self.0.current.store(Some(Arc::new(keys)));
    }

    /// Whether any key set has been loaded.
    #[must_use]
    pub fn is_loaded(&self) -> bool {
        self.0.current.load().is_some()
    }

    /// Whether a key with this id is among them.
    #[must_use]
    pub fn knows(&self, kid: &str) -> bool {
        self.current().is_some_and(|keys| keys.get(kid).is_some())
    }

    /// Whether the keys with these ids are all that there are.
    pub(super) fn has_exactly(&self, ids: &[String]) -> bool {
        self.current()
            .is_some_and(|keys| keys.0.len() == ids.len() && ids.iter().all(|kid| keys.0.contains_key(kid)))
    }

    pub(super) fn current(&self) -> Option<Arc<KeySet>> {
        self.0.current.load_full()
    }

    /// Asks whoever follows the keys to look for newer ones, and waits until it has. Returns at once when
    /// nobody would.
    pub(crate) async fn ask_for_newer(&self) {
        if !self.0.listening.load(Ordering::Acquire) {
            return;
        }
        let answered = self.0.answered.notified();
        self.0.wanted.notify_one();
        answered.await;
    }

    /// Waits for a wish for newer keys, and from now on lets verifiers have one.
    pub(super) async fn wanted(&self) {
        self.0.listening.store(true, Ordering::Release);
        self.0.wanted.notified().await;
    }

    /// Tells all who wait that a look has been taken; wishes are not heard until the next [`Self::wanted`].
    pub(super) fn answer(&self) {
        self.0.listening.store(false, Ordering::Release);
        self.0.answered.notify_waiters();
    }
}
