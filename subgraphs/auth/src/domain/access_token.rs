use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chrono::{DateTime, Utc};
use constellation_shared::auth::{
    AccessClaims, ClaimSettings, EndedSession, EndedSessionsClaims, FEED_TYPE, HouseholdsChange, TOKEN_TYPE,
};
use constellation_shared::clock::Clock;
use constellation_shared::entropy::{Entropy, random};
use constellation_shared::erased::{ERASED_TYPE, ErasedAccountsClaims};
use constellation_shared::id::{SessionId, UserId};
use jsonwebtoken::{Algorithm, Header};
use serde::Serialize;

use super::{LIFETIMES, Standing};
use crate::keys::{LiveKeys, SigningKeys};

/// Signs access tokens and the feed of ended sessions: the only code that signs anything.
pub(crate) struct TokenIssuer {
    keys: Arc<LiveKeys>,
    claims: ClaimSettings,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl TokenIssuer {
    pub(crate) fn new(
        keys: Arc<LiveKeys>,
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

    /// An access token for this person in this session, who belongs to these households.
    pub(crate) fn issue(
        &self,
        user: UserId,
        session: SessionId,
        standing: Standing,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let now = self.clock.now();
        let claims = AccessClaims {
            iss: self.claims.token_issuer.clone(),
            aud: self.claims.token_audience.clone(),
            sub: user,
            sid: session,
            jti: URL_SAFE_NO_PAD.encode(random::<16>(&*self.entropy)),
            iat: now.timestamp(),
            exp: (now + LIFETIMES.access).timestamp(),
            households: standing.households,
            hv: standing.hv,
        };
        sign(self.keys.load().signing(), TOKEN_TYPE, &claims)
    }

    /// The ids of all keys, the one that signs first.
    pub(super) fn key_ids(&self) -> Vec<String> {
        self.keys.load().signing().ids()
    }

    /// The feed that these are the sessions which have ended, and the people whose households have changed, as the
    /// database had it at this moment.
    pub(super) fn feed(
        &self,
        sessions: Vec<EndedSession>,
        households: Vec<HouseholdsChange>,
        as_of: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let keys = self.keys.load();
        let claims = EndedSessionsClaims {
            iss: self.claims.token_issuer.clone(),
            iat: as_of.timestamp(),
            keys: keys.signing().ids(),
            sessions,
            households,
        };
        sign(keys.signing(), FEED_TYPE, &claims)
    }

    /// The page of the log that tells of these erased accounts.
    pub(super) fn erased(
        &self,
        accounts: Vec<UserId>,
        after: i64,
        upto: i64,
        last: i64,
        as_of: DateTime<Utc>,
    ) -> Result<String, jsonwebtoken::errors::Error> {
        let claims = ErasedAccountsClaims {
            iss: self.claims.token_issuer.clone(),
            iat: as_of.timestamp(),
            after,
            upto,
            last,
            accounts,
        };
        sign(self.keys.load().signing(), ERASED_TYPE, &claims)
    }
}

fn sign(
    keys: &SigningKeys,
    typ: &str,
    claims: &impl Serialize,
) -> Result<String, jsonwebtoken::errors::Error> {
    let header = Header {
        typ: Some(typ.into()),
        kid: Some(keys.current_id().to_owned()),
        ..Header::new(Algorithm::EdDSA)
    };
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that signs a token"
    )]
    jsonwebtoken::encode(&header, claims, keys.current())
}
