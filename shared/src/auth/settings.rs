use std::sync::Arc;

use clap::Args;

use super::{JwksLocation, KeyRing, TokenVerifier};
use crate::clock::Clock;

/// Whose access tokens a service accepts, and where it reads the keys to verify them.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access tokens")]
pub struct VerifierSettings {
    /// Where the public keys of auth are: a URL, or the path of a file with the same JSON
    #[arg(
        long,
        env = "JWKS_LOCATION",
        value_name = "JWKS_LOCATION",
        default_value = "http://127.0.0.1:4001/.well-known/jwks.json"
    )]
    pub jwks_location: JwksLocation,

    #[command(flatten)]
    pub claims: ClaimSettings,
}

/// What every access token says of itself, the same for the service that signs it and for all that verify it.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Access tokens")]
pub struct ClaimSettings {
    /// The issuer (`iss`) of access tokens
    #[arg(
        long,
        env = "TOKEN_ISSUER",
        value_name = "TOKEN_ISSUER",
        default_value = "https://auth.constellation.local"
    )]
    pub token_issuer: String,

    /// The audience (`aud`) of access tokens
    #[arg(
        long,
        env = "TOKEN_AUDIENCE",
        value_name = "TOKEN_AUDIENCE",
        default_value = "constellation"
    )]
    pub token_audience: String,
}

impl VerifierSettings {
    /// A verifier that follows the configured keys. Must be called inside the runtime that is to do so.
    #[must_use]
    pub fn verifier(&self, clock: Arc<dyn Clock>) -> TokenVerifier {
        self.claims.verifier(self.jwks_location.clone().follow(), clock)
    }
}

impl ClaimSettings {
    /// A verifier with these keys.
    #[must_use]
    pub fn verifier(&self, keys: KeyRing, clock: Arc<dyn Clock>) -> TokenVerifier {
        TokenVerifier::new(keys, &self.token_issuer, &self.token_audience, clock)
    }
}
