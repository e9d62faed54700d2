use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use jsonwebtoken::jwk::{Jwk, JwkSet, KeyAlgorithm, PublicKeyUse, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey};

/// The keys that sign access tokens.
pub(crate) struct SigningKeys {
    current: EncodingKey,
    current_id: String,
    /// The public halves of all keys: next, current and previous.
    public: JwkSet,
}

impl SigningKeys {
    /// Reads keys in PKCS#8 PEM; `None` when one of them is no Ed25519 key.
    pub(super) fn from_pem<'a>(current: &str, others: impl Iterator<Item = &'a str>) -> Option<Self> {
        let (key, jwk) = read(current)?;
        let current_id = jwk.common.key_id.clone()?;
        let mut keys = vec![jwk];
        for pem in others {
            keys.push(read(pem)?.1);
        }
        Some(Self {
            current: key,
            current_id,
            public: JwkSet { keys },
        })
    }

    pub(crate) const fn current(&self) -> &EncodingKey {
        &self.current
    }

    pub(crate) fn current_id(&self) -> &str {
        &self.current_id
    }

    /// The id of a key in PKCS#8 PEM; `None` when it is no Ed25519 key.
    pub(super) fn id_of(pem: &str) -> Option<String> {
        read(pem)?.1.common.key_id
    }

    /// The ids of all keys.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.public
            .keys
            .iter()
            .filter_map(|key| key.common.key_id.clone())
            .collect()
    }

    /// The public halves as a JSON Web Key Set (RFC 7517).
    pub(crate) fn jwks(&self) -> String {
        serde_json::to_string(&self.public).unwrap_or_default()
    }
}

/// A key and its public half, whose id is its thumbprint (RFC 7638): the same key has the same id everywhere.
fn read(pem: &str) -> Option<(EncodingKey, Jwk)> {
    let key = SigningKey::from_pkcs8_pem(pem).ok()?;
    // The JWT library takes only the older form of PKCS#8, which leaves the public half out.
    let bare = KeypairBytes {
        secret_key: key.to_bytes(),
        public_key: None,
    };
    let key = EncodingKey::from_ed_der(bare.to_pkcs8_der().ok()?.as_bytes());
    let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).ok()?;
    jwk.common.key_id = Some(jwk.thumbprint(ThumbprintHash::SHA256).ok()?);
    jwk.common.public_key_use = Some(PublicKeyUse::Signature);
    jwk.common.key_algorithm = Some(KeyAlgorithm::EdDSA);
    Some((key, jwk))
}
