use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, Mac as _};
use secrecy::{ExposeSecret as _, SecretBox};
use sha2::{Digest as _, Sha256};

/// A key that refresh tokens are derived with.
pub(crate) struct RefreshKey {
    /// Names the key in a session's document without telling anything of it.
    id: String,
    secret: SecretBox<[u8; 32]>,
}

impl RefreshKey {
    pub(crate) fn from_base64(text: &str) -> Option<Self> {
        let secret: [u8; 32] = URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()?;
        let id = URL_SAFE_NO_PAD.encode(&Sha256::digest(secret)[..9]);
        Some(Self {
            id,
            secret: SecretBox::new(Box::new(secret)),
        })
    }

    pub(crate) fn id(&self) -> &str {
        &self.id
    }

    /// HMAC-SHA-256 of the message.
    pub(crate) fn authenticate(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = Hmac::<Sha256>::new_from_slice(self.secret.expose_secret())
            .expect("HMAC takes a key of any length");
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

/// All keys that refresh tokens may have been derived with.
pub(crate) struct RefreshKeys {
    current: RefreshKey,
    others: Vec<RefreshKey>,
}

impl RefreshKeys {
    pub(crate) const fn new(current: RefreshKey, others: Vec<RefreshKey>) -> Self {
        Self { current, others }
    }

    /// The key for new tokens.
    pub(crate) const fn current(&self) -> &RefreshKey {
        &self.current
    }

    /// The key with this id.
    pub(crate) fn get(&self, id: &str) -> Option<&RefreshKey> {
        self.all().find(|key| key.id == id)
    }

    /// All keys, the current one first.
    pub(crate) fn all(&self) -> impl Iterator<Item = &RefreshKey> {
        std::iter::once(&self.current).chain(&self.others)
    }
}
