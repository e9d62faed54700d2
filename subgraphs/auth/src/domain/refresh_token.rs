use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constellation_shared::id::SessionId;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;

use crate::keys::{RefreshKey, RefreshKeys};

const ID: usize = 16;
const GENERATION: usize = 4;
const SECRET: usize = 32;
const LENGTH: usize = ID + GENERATION + SECRET;

/// Keeps this use of the key apart from any other that may come.
const PURPOSE: &[u8] = b"constellation refresh token v1";

/// A refresh token: opaque to its holder, 256 bits that nobody can guess.
///
/// Its secret part is HMAC-SHA-256(key, session, generation), so that the successor of a token can be made again and
/// need not be kept: a retry gets the same successor although the database holds only hashes.
#[derive(Clone)]
pub(crate) struct RefreshToken([u8; LENGTH]);

/// SHA-256 of a refresh token, which is all that is stored of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct TokenHash(pub(crate) [u8; 32]);

impl RefreshToken {
    /// The token of this generation of this session. The same arguments give the same token.
    pub(crate) fn derive(key: &RefreshKey, session: SessionId, generation: u32) -> Self {
        let mut bytes = [0; LENGTH];
        bytes[..ID].copy_from_slice(session.as_uuid().as_bytes());
        bytes[ID..ID + GENERATION].copy_from_slice(&generation.to_be_bytes());
        let message = [PURPOSE, &bytes[..ID + GENERATION]].concat();
        bytes[ID + GENERATION..].copy_from_slice(&key.authenticate(&message));
        Self(bytes)
    }

    /// Reads what a client sent; `None` when it does not even have the form of a token.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD
            .decode(text.trim())
            .ok()?
            .try_into()
            .ok()
            .map(Self)
    }

    /// The text to hand to the client, and to nobody else.
    pub(crate) fn reveal(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The session that it claims to be of.
    pub(crate) fn session(&self) -> SessionId {
        let mut id = [0; ID];
        id.copy_from_slice(&self.0[..ID]);
        SessionId::from_bytes(id)
    }

    /// The generation that it claims to be.
    pub(crate) fn generation(&self) -> u32 {
        let mut generation = [0; GENERATION];
        generation.copy_from_slice(&self.0[ID..ID + GENERATION]);
        u32::from_be_bytes(generation)
    }

    /// Its generation, if one of our keys made it.
    pub(crate) fn authentic_generation(&self, keys: &RefreshKeys) -> Option<u32> {
        let made_with = |key| Self::derive(key, self.session(), self.generation());
        keys.all()
            .any(|key| bool::from(made_with(key).0.ct_eq(&self.0)))
            .then(|| self.generation())
    }

    pub(crate) fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for RefreshToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("RefreshToken(..)")
    }
}
