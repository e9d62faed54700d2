use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use jsonwebtoken::Validation;

use super::{
    AccessClaims, Caller, EndedSessions, InvalidToken, KeyRing, Rejection, STALE, TOKEN_TYPE, Viewer, signed,
};
use crate::clock::Clock;

/// How far apart the clocks of two of our machines may be.
pub const LEEWAY: Duration = Duration::from_secs(10);

/// How long one request waits for newer keys when its token names a key that is not known here.
const WAIT_FOR_KEYS: Duration = Duration::from_secs(2);

/// Longer than any token of ours; what is longer is refused before any work is done on it.
const LONGEST_TOKEN: usize = 8 * 1024;

/// What is to be said of the feed of ended sessions.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FeedState {
    /// It has never been read, so that nothing can be said of any token.
    Missing,
    /// It is older than it may be.
    TooOld(Duration),
    /// It is old, and stands.
    Stale(Duration),
    /// It is as it should be.
    Fresh,
}

/// Verifies access tokens: the only code that does.
#[derive(Clone)]
pub struct TokenVerifier {
    keys: KeyRing,
    issuer: String,
    validation: Validation,
    clock: Arc<dyn Clock>,
    ended: Option<Ended>,
}

/// The sessions whose tokens are refused.
#[derive(Clone)]
struct Ended {
    sessions: EndedSessions,
    max_age: Option<Duration>,
}

impl TokenVerifier {
    /// A verifier of the tokens that `issuer` makes for `audience`.
    pub fn new(keys: KeyRing, issuer: impl Into<String>, audience: &str, clock: Arc<dyn Clock>) -> Self {
        let issuer = issuer.into();
        let mut validation = signed::validation(&issuer);
        validation.set_required_spec_claims(&["iss", "aud", "sub", "exp"]);
        validation.set_audience(&[audience]);
        Self {
            keys,
            issuer,
            validation,
            clock,
            ended: None,
        }
    }

    /// The same verifier, which also refuses the tokens of these sessions. When it hears nothing of them for longer than
    /// `max_age`, it refuses every token; without one, what it heard last stands.
    #[must_use]
    pub fn refusing(self, sessions: EndedSessions, max_age: Option<Duration>) -> Self {
        Self {
            ended: Some(Ended { sessions, max_age }),
            ..self
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

    /// The keys that it verifies with, as they are known right now.
    #[must_use]
    pub const fn keys(&self) -> &KeyRing {
        &self.keys
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
        let claims: AccessClaims = signed::open(token, TOKEN_TYPE, &self.keys, &self.validation)?;
        self.check_times(&claims)?;
        self.check_news(&claims)?;
        Ok(Viewer {
            user: claims.sub,
            session: claims.sid,
            households: claims.households.into(),
        })
    }

    /// What is to be said of the feed of ended sessions; `None` when this verifier follows none.
    pub(super) fn feed(&self) -> Option<FeedState> {
        let ended = self.ended.as_ref()?;
        Some(match ended.sessions.age(self.clock.now()) {
            None => FeedState::Missing,
            Some(age) if ended.max_age.is_some_and(|max_age| age > max_age) => FeedState::TooOld(age),
            Some(age) if age > STALE => FeedState::Stale(age),
            Some(_) => FeedState::Fresh,
        })
    }

    fn check_news(&self, claims: &AccessClaims) -> Result<(), Rejection> {
        // What is known to have ended or changed has done so, however old the news is.
        if let Some(ended) = &self.ended {
            if ended.sessions.contains(claims.sid) {
                return Err(InvalidToken::SessionEnded.into());
            }
            if ended.sessions.changed_households(claims.sub, claims.hv) {
                return Err(InvalidToken::HouseholdsChanged.into());
            }
        }
        match self.feed() {
            Some(FeedState::Missing | FeedState::TooOld(_)) => Err(Rejection::EndedSessionsUnavailable),
            _ => Ok(()),
        }
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
