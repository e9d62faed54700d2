//! Who is calling.
//!
//! Every service verifies every access token by itself, with public keys only, and asks nobody. No token is
//! an anonymous caller; a token that does not verify is an error, never an anonymous caller.
//!
//! Invariant: nothing here can sign a token. The signing key exists only in `subgraphs/auth`.

mod caller;
mod checks;
mod claims;
mod ended;
mod follower;
mod keys;
mod layer;
mod location;
mod refresh_cookie;
mod rejection;
mod settings;
mod signed;
mod verifier;

pub use caller::{Caller, Viewer};
pub use checks::checks;
pub use claims::{AccessClaims, TOKEN_TYPE};
pub use ended::{
    EndedSession, EndedSessions, EndedSessionsClaims, EndedSessionsSource, FEED_POLL, FEED_TIMEOUT,
    FEED_TYPE, HouseholdsChange, PUBLISHED_WITHIN, SIGN_OUT_DELAY, SIGNED_ANEW, STALE, open_feed,
};
pub use follower::KEYS_POLL;
pub use keys::{InvalidKeySet, KeyRing, KeySet};
pub use layer::{require_valid_token, the_only};
pub use location::Location;
pub use refresh_cookie::{REFRESH_COOKIE, RefreshCookies};
pub use rejection::{InvalidToken, Rejection};
pub use settings::{ClaimSettings, FeedLocation, FreshnessSettings, NoFeedLocation, VerifierSettings};
pub use signed::open_published;
pub use verifier::{LEEWAY, TokenVerifier};
