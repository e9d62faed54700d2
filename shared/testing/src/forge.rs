use std::sync::Arc;

use chrono::TimeDelta;
use constellation_shared::auth::{AccessClaims, KeyRing, KeySet, TOKEN_TYPE, TokenVerifier};
use constellation_shared::clock::{Clock, SystemClock};
use constellation_shared::id::{SessionId, UserId};
use ed25519_dalek::SigningKey;
use ed25519_dalek::pkcs8::{EncodePrivateKey, spki::der::pem::LineEnding};
use jsonwebtoken::jwk::{Jwk, JwkSet};
use jsonwebtoken::{Algorithm, EncodingKey, Header};

/// The issuer of a forge's tokens.
pub const ISSUER: &str = "https://auth.test";
/// The audience of a forge's tokens.
pub const AUDIENCE: &str = "constellation-test";

/// Signs access tokens with a key of its own, so that a subgraph can be tested without auth, and any claim or
/// header can be made wrong.
pub struct TokenForge {
    key: EncodingKey,
    public: [u8; 32],
    kid: String,
}

impl TokenForge {
    /// A forge whose key is made from `seed`: another seed is another signer.
    ///
    /// # Panics
    /// Never: an Ed25519 key can be made from any 32 bytes.
    pub fn new(seed: u8) -> Self {
        let signing = SigningKey::from_bytes(&[seed; 32]);
        let pem = signing
            .to_pkcs8_pem(LineEnding::LF)
            .expect("a key can be written as PEM");
        Self {
            key: EncodingKey::from_ed_pem(pem.as_bytes()).expect("the PEM holds a key"),
            public: signing.verifying_key().to_bytes(),
            kid: format!("forge-{seed}"),
        }
    }

    /// The forge's public key, as a JSON Web Key Set.
    ///
    /// # Panics
    /// Never: an Ed25519 key can be written as a JWK.
    pub fn jwks(&self) -> String {
        let mut jwk = Jwk::from_encoding_key(&self.key, Algorithm::EdDSA).expect("the key can be a JWK");
        jwk.common.key_id = Some(self.kid.clone());
        serde_json::to_string(&JwkSet { keys: vec![jwk] }).expect("a JWKS is JSON")
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
        TokenVerifier::new(KeyRing::of(keys), ISSUER, AUDIENCE, clock)
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
            kid: Some(self.kid.clone()),
            ..Header::new(Algorithm::EdDSA)
        }
    }

    /// The claims of a good token, valid for fifteen minutes by the machine's clock.
    pub fn claims(&self, user: UserId) -> AccessClaims {
        let now = SystemClock.now();
        AccessClaims {
            iss: ISSUER.into(),
            aud: AUDIENCE.into(),
            sub: user,
            sid: SessionId::from_uuid(user.as_uuid()),
            jti: now.timestamp_micros().to_string(),
            iat: now.timestamp(),
            exp: (now + TimeDelta::minutes(15)).timestamp(),
        }
    }

    /// Signs whatever it is given.
    ///
    /// # Panics
    /// When the claims are no JSON object, or the header asks for another algorithm than the key's.
    #[expect(clippy::disallowed_methods, reason = "a forge makes tokens for tests")]
    pub fn sign(&self, header: &Header, claims: &impl serde::Serialize) -> String {
        jsonwebtoken::encode(header, claims, &self.key).expect("the token can be signed")
    }
}
