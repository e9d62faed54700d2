use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constellation_shared::auth::{AccessClaims, ClaimSettings, TOKEN_TYPE};
use constellation_shared::clock::Clock;
use constellation_shared::entropy::{Entropy, random};
use constellation_shared::id::{SessionId, UserId};
use jsonwebtoken::{Algorithm, Header};

use super::LIFETIMES;
use crate::keys::SigningKeys;

/// Signs access tokens: the only code that does.
pub(crate) struct TokenIssuer {
    keys: SigningKeys,
    claims: ClaimSettings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl TokenIssuer {
    pub(crate) fn new(
        keys: SigningKeys,
        claims: ClaimSettings,
        clock: Arc<dyn Clock>,
        entropy: Arc<dyn Entropy>,
    ) -> Self {
        Self {
            keys,
            claims,
            clock,
            entropy,
        }
    }

    /// An access token for this person in this session.
    pub(crate) fn issue(
        &self,
        user: UserId,
        session: SessionId,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.clock.now();
        let header = Header {
            typ: Some(TOKEN_TYPE.into()),
            kid: Some(self.keys.current_id().to_owned()),
            ..Header::new(Algorithm::EdDSA)
        };
        let claims = AccessClaims {
            iss: self.claims.token_issuer.clone(),
            aud: self.claims.token_audience.clone(),
            sub: user,
            sid: session,
            jti: URL_SAFE_NO_PAD.encode(random::<16>(&*self.entropy)),
            iat: now.timestamp(),
            exp: (now + LIFETIMES.access).timestamp(),
        };
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that signs a token"
        )]
        jsonwebtoken::encode(&header, &claims, self.keys.current())
    }
}
