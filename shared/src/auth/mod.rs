//! Who is calling.
//!
//! Every service verifies every access token by itself, with public keys only, and asks nobody. No token is
//! an anonymous caller; a token that does not verify is an error, never an anonymous caller.
//!
//! Invariant: nothing here can sign a token. The signing key exists only in `subgraphs/auth`.

mod caller;
mod claims;
mod follower;
mod keys;
mod layer;
mod rejection;
mod settings;
mod verifier;

pub use caller::{Caller, Viewer};
pub use claims::{AccessClaims, TOKEN_TYPE};
pub use follower::JwksLocation;
pub use keys::{InvalidKeySet, KeyRing, KeySet};
pub use layer::require_valid_token;
pub use rejection::{InvalidToken, Rejection};
pub use settings::{ClaimSettings, VerifierSettings};
pub use verifier::{LEEWAY, TokenVerifier};
