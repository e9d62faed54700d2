use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, TokenData, Validation, decode_header};

use super::{AccessClaims, Caller, InvalidToken, KeyRing, Rejection, TOKEN_TYPE, Viewer};
use crate::clock::Clock;

/// How far apart the clocks of two of our machines may be.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// How long one request waits for newer keys when its token names a key that is not known here.
const WAIT_FOR_KEYS: Duration = Duration::from_secs(2);

/// Longer than any token of ours; what is longer is refused before any work is done on it.
const LONGEST_TOKEN: usize = 8 * 1024;

/// Verifies access tokens: the only code that does.
#[derive(Clone)]
pub struct TokenVerifier {
    keys: KeyRing,
    issuer: String,
    validation: Validation,
    clock: Arc<dyn Clock>,
}

impl TokenVerifier {
    /// A verifier of the tokens that `issuer` makes for `audience`.
    pub fn new(keys: KeyRing, issuer: impl Into<String>, audience: &str, clock: Arc<dyn Clock>) -> Self {
        let issuer = issuer.into();
        // The algorithm is ours to say, never the token's: what does not claim EdDSA is refused before its
        // signature is looked at, so `none` and an HMAC over the public key have no way in.
        let mut validation = Validation::new(Algorithm::EdDSA);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.set_issuer(&[&issuer]);
        validation.set_audience(&[audience]);
        // Expiry is checked below against our own clock; the library would read the machine's.
        validation.validate_exp = false;
        Self {
            keys,
            issuer,
            validation,
            clock,
        }
    }

    /// Who sent a request with this `Authorization` header: anonymous without one.
    ///
    /// # Errors
    /// The token does not verify, or no keys have been loaded yet.
    pub fn authenticate(&self, authorization: Option<&HeaderValue>) -> Result<Caller, Rejection> {
        let Some(header) = authorization else {
            return Ok(Caller::Anonymous);
        };
        let token = bearer_token(header)?;
        Ok(Caller::SignedIn(self.verify(token)?))
    }

    /// The same, but a token that names an unknown key first makes the key ring look for newer keys, for a bounded
    /// time. A key that auth has just begun to use is thus known here at its first token.
    ///
    /// # Errors
    /// The token does not verify, or no keys have been loaded yet.
    pub async fn authenticate_with_newest_keys(
        &self,
        authorization: Option<&HeaderValue>,
    ) -> Result<Caller, Rejection> {
        match self.authenticate(authorization) {
            Err(Rejection::Invalid(InvalidToken::UnknownKey)) => {
                // When nobody answers in time, the second look below gives the same refusal as the first.
                let _ = tokio::time::timeout(WAIT_FOR_KEYS, self.keys.ask_for_newer()).await;
                self.authenticate(authorization)
            }
            settled => settled,
        }
    }

    /// Whether there are keys to verify with.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.keys.is_loaded()
    }

    /// Whose tokens are accepted.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    fn verify(&self, token: &str) -> Result<Viewer, Rejection> {
        if token.len() > LONGEST_TOKEN {
            return Err(InvalidToken::NotOurs.into());
        }
        let header = decode_header(token).map_err(|_| InvalidToken::NotOurs)?;
        let ours = header.alg == Algorithm::EdDSA
            && header
                .typ
                .as_deref()
                .is_some_and(|typ| typ.eq_ignore_ascii_case(TOKEN_TYPE));
        let kid = header.kid.filter(|_| ours).ok_or(InvalidToken::NotOurs)?;

        let keys = self.keys.current().ok_or(Rejection::KeysUnavailable)?;
        let key = keys.get(&kid).ok_or(InvalidToken::UnknownKey)?;
        #[expect(
            clippy::disallowed_methods,
            reason = "this is the one place that verifies a token"
        )]
        let decoded: TokenData<AccessClaims> =
            jsonwebtoken::decode(token, key, &self.validation).map_err(|error| match error.kind() {
                ErrorKind::InvalidSignature => InvalidToken::BadSignature,
                _ => InvalidToken::NotOurs,
            })?;
        self.check_times(&decoded.claims)?;
        Ok(Viewer {
            user: decoded.claims.sub,
            session: decoded.claims.sid,
        })
    }

    fn check_times(&self, claims: &AccessClaims) -> Result<(), InvalidToken> {
        let now = self.clock.now().timestamp();
        let leeway = LEEWAY.as_secs().cast_signed();
        if claims.exp.saturating_add(leeway) <= now {
            return Err(InvalidToken::Expired);
        }
        if claims.iat > now.saturating_add(leeway) {
            return Err(InvalidToken::FromTheFuture);
        }
        Ok(())
    }
}

/// The token of a `Bearer <token>` header; the scheme's name may be written in any case (RFC 9110).
fn bearer_token(header: &HeaderValue) -> Result<&str, InvalidToken> {
    let text = header.to_str().map_err(|_| InvalidToken::Malformed)?;
    let (scheme, token) = text.trim().split_once(' ').ok_or(InvalidToken::Malformed)?;
    let token = token.trim_start();
    if scheme.eq_ignore_ascii_case("bearer") && !token.is_empty() {
        Ok(token)
    } else {
        Err(InvalidToken::Malformed)
    }
}
