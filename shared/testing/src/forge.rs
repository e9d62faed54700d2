use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::TimeDelta;
use constellation_shared::auth::{AccessClaims, KeyRing, KeySet, TOKEN_TYPE, TokenVerifier};
use constellation_shared::clock::{Clock, SystemClock};
use constellation_shared::id::{SessionId, UserId};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{DecodePrivateKey as _, EncodePrivateKey as _, KeypairBytes};
use jsonwebtoken::jwk::{Jwk, JwkSet, ThumbprintHash};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

/// The issuer of a forge's tokens, unless it is told another.
pub const ISSUER: &str = "https://auth.test";
/// The audience of a forge's tokens, unless it is told another.
pub const AUDIENCE: &str = "constellation-test";

/// Signs access tokens with a key of its own, so that a subgraph can be tested without auth, and any claim or
/// header can be made wrong.
pub struct TokenForge {
    key: EncodingKey,
    public: [u8; 32],
    jwk: Jwk,
    issuer: String,
    audience: String,
}

impl TokenForge {
    /// A forge whose key is made from `seed`: another seed is another signer.
    pub fn new(seed: u8) -> Self {
        Self::with_key(&SigningKey::from_bytes(&[seed; 32]))
    }

    /// A forge that has got hold of a service's own key, in PKCS#8 PEM.
    ///
    /// # Panics
    /// When this is no such key.
    pub fn with_pem(pem: &str) -> Self {
        Self::with_key(&SigningKey::from_pkcs8_pem(pem).expect("an Ed25519 key in PKCS#8 PEM"))
    }

    fn with_key(signing: &SigningKey) -> Self {
        // The JWT library takes only the older form of PKCS#8, which leaves the public half out.
        let bare = KeypairBytes {
            secret_key: signing.to_bytes(),
            public_key: None,
        };
        let der = bare.to_pkcs8_der().expect("a key can be written as DER");
        let key = EncodingKey::from_ed_der(der.as_bytes());
        let mut jwk = Jwk::from_encoding_key(&key, Algorithm::EdDSA).expect("the key can be a JWK");
        jwk.common.key_id = Some(
            jwk.thumbprint(ThumbprintHash::SHA256)
                .expect("a JWK has a thumbprint"),
        );
        let public = signing.verifying_key().to_bytes();
        Self {
            key,
            public,
            jwk,
            issuer: ISSUER.into(),
            audience: AUDIENCE.into(),
        }
    }

    /// The same forge, whose tokens name this issuer and audience.
    #[must_use]
    pub fn naming(self, issuer: &str, audience: &str) -> Self {
        Self {
            issuer: issuer.into(),
            audience: audience.into(),
            ..self
        }
    }

    /// The forge's public key, as a JSON Web Key Set.
    ///
    /// # Panics
    /// Never: a JWKS is JSON.
    pub fn jwks(&self) -> String {
        serde_json::to_string(&JwkSet {
            keys: vec![self.jwk.clone()],
        })
        .expect("a JWKS is JSON")
    }

    /// The raw public key, which an attacker knows and may try as an HMAC secret.
    pub const fn public_key(&self) -> &[u8; 32] {
        &self.public
    }

    /// A verifier that accepts this forge's tokens.
    ///
    /// # Panics
    /// Never: the forge's own keys can be read.
    pub fn verifier(&self, clock: Arc<dyn Clock>) -> TokenVerifier {
        let keys = KeySet::from_jwks(self.jwks().as_bytes()).expect("the forge's own keys");
        TokenVerifier::new(KeyRing::of(keys), &self.issuer, &self.audience, clock)
    }

    /// A good access token for this person.
    pub fn token(&self, user: UserId) -> String {
        self.sign(&self.header(), &self.claims(user))
    }

    /// `Bearer` and a good access token for this person.
    pub fn bearer(&self, user: UserId) -> String {
        format!("Bearer {}", self.token(user))
    }

    /// The header of a good token.
    pub fn header(&self) -> Header {
        Header {
            typ: Some(TOKEN_TYPE.into()),
            kid: self.jwk.common.key_id.clone(),
            ..Header::new(Algorithm::EdDSA)
        }
    }

    /// The claims of a good token, valid for fifteen minutes by the machine's clock.
    pub fn claims(&self, user: UserId) -> AccessClaims {
        let now = SystemClock.now();
        AccessClaims {
            iss: self.issuer.clone(),
            aud: self.audience.clone(),
            sub: user,
            sid: SessionId::from_uuid(user.as_uuid()),
            jti: now.timestamp_micros().to_string(),
            iat: now.timestamp(),
            exp: (now + TimeDelta::minutes(15)).timestamp(),
            households: Vec::new(),
            hv: 0,
        }
    }

    /// Signs whatever it is given.
    ///
    /// # Panics
    /// When the claims are no JSON object, or the header asks for another algorithm than the key's.
    pub fn sign(&self, header: &Header, claims: &impl serde::Serialize) -> String {
        encode(header, claims, &self.key)
    }

    /// Signs any bytes as if they were a header and claims.
    ///
    /// # Panics
    /// Never: the key can sign.
    pub fn sign_bytes(&self, header: &[u8], claims: &[u8]) -> String {
        let signed = format!(
            "{}.{}",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(claims)
        );
        let signature = jsonwebtoken::crypto::sign(signed.as_bytes(), &self.key, Algorithm::EdDSA)
            .expect("an Ed25519 key can sign");
        format!("{signed}.{signature}")
    }
}

/// Signs with any key, which is what a forger does.
#[expect(clippy::disallowed_methods, reason = "a forge makes tokens for tests")]
pub(crate) fn encode(header: &Header, claims: &impl serde::Serialize, key: &EncodingKey) -> String {
    jsonwebtoken::encode(header, claims, key).expect("the token can be signed")
}
