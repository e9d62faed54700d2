use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use clap::Args;

use super::{EndedSessions, EndedSessionsSource, FEED_POLL, KeyRing, Location, TokenVerifier};
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
    pub jwks_location: Location,

    /// Where auth's feed of ended sessions is: a URL, the path of a file with the same text, or `none` to accept access
    /// tokens until they expire [default: `ended-sessions` beside a `JWKS_LOCATION` that is a URL]
    #[arg(long, env = "ENDED_SESSIONS_LOCATION", value_name = "ENDED_SESSIONS_LOCATION")]
    pub ended_sessions_location: Option<FeedLocation>,

    #[command(flatten)]
    pub freshness: FreshnessSettings,

    #[command(flatten)]
    pub claims: ClaimSettings,
}

/// What is done when no news of ended sessions arrive.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Access tokens")]
pub struct FreshnessSettings {
    /// How many seconds may pass without news of ended sessions before every access token is refused (at least 30)
    /// [default: the last news stand]
    #[arg(
        long,
        env = "ENDED_SESSIONS_MAX_AGE",
        value_name = "ENDED_SESSIONS_MAX_AGE",
        value_parser = clap::value_parser!(u32).range(30..=86_400)
    )]
    pub ended_sessions_max_age: Option<u32>,
}

/// Where the feed of ended sessions is, if it is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FeedLocation {
    /// It is not followed.
    None,
    /// It is there.
    At(Location),
}

impl FromStr for FeedLocation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "none" => Ok(Self::None),
            text => text.parse().map(Self::At),
        }
    }
}

/// A feed lies beside a URL of keys, but nobody knows where it lies when the keys are in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ENDED_SESSIONS_LOCATION must be set when JWKS_LOCATION is a file: to a URL, a file, or `none`")]
pub struct NoFeedLocation;

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
    /// A verifier that follows the configured keys and the feed of ended sessions. Must be called inside the runtime
    /// that is to do so.
    ///
    /// # Errors
    /// When it is not known where the feed is.
    pub fn verifier(&self, clock: Arc<dyn Clock>) -> Result<TokenVerifier, NoFeedLocation> {
        let feed = self.feed()?;
        let keys = self.jwks_location.clone().follow_keys();
        let FeedLocation::At(location) = feed else {
            return Ok(self.claims.bare_verifier(keys, clock));
        };
        let source = EndedSessionsSource {
            location,
            keys: keys.clone(),
            issuer: self.claims.token_issuer.clone(),
            every: FEED_POLL,
            clock: Arc::clone(&clock),
        };
        Ok(self
            .claims
            .verifier(keys, source.follow(), &self.freshness, clock))
    }

    fn feed(&self) -> Result<FeedLocation, NoFeedLocation> {
        match (&self.ended_sessions_location, &self.jwks_location) {
            (Some(location), _) => Ok(location.clone()),
            (None, Location::Url(keys)) => keys
                .join("ended-sessions")
                .map(|url| FeedLocation::At(Location::Url(url)))
                .map_err(|_| NoFeedLocation),
            (None, Location::File(_)) => Err(NoFeedLocation),
        }
    }
}

impl ClaimSettings {
    /// A verifier with these keys, which refuses the tokens of these sessions.
    #[must_use]
    pub fn verifier(
        &self,
        keys: KeyRing,
        ended: EndedSessions,
        freshness: &FreshnessSettings,
        clock: Arc<dyn Clock>,
    ) -> TokenVerifier {
        let max_age = freshness
            .ended_sessions_max_age
            .map(|seconds| Duration::from_secs(seconds.into()));
        self.bare_verifier(keys, clock).refusing(ended, max_age)
    }

    fn bare_verifier(&self, keys: KeyRing, clock: Arc<dyn Clock>) -> TokenVerifier {
        TokenVerifier::new(keys, &self.token_issuer, &self.token_audience, clock)
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser as _;

    use super::*;

    #[derive(clap::Parser)]
    struct Program {
        #[command(flatten)]
        tokens: VerifierSettings,
    }

    fn feed(arguments: &[&str]) -> Result<FeedLocation, NoFeedLocation> {
        let program = Program::parse_from(std::iter::once(&"program").chain(arguments));
        program.tokens.feed()
    }

    fn at(text: &str) -> FeedLocation {
        FeedLocation::At(text.parse().unwrap())
    }

    #[test]
    fn the_feed_lies_beside_the_keys_unless_it_is_said_where() {
        assert_eq!(
            feed(&[]),
            Ok(at("http://127.0.0.1:4001/.well-known/ended-sessions"))
        );
        let elsewhere = ["--jwks-location", "https://auth.example/keys/jwks.json?v=1"];
        assert_eq!(
            feed(&elsewhere),
            Ok(at("https://auth.example/keys/ended-sessions"))
        );
        let named = [
            "--jwks-location",
            "jwks.json",
            "--ended-sessions-location",
            "feed.jwt",
        ];
        assert_eq!(feed(&named), Ok(at("feed.jwt")));
        assert_eq!(
            feed(&["--ended-sessions-location", "none"]),
            Ok(FeedLocation::None)
        );
        assert_eq!(feed(&["--jwks-location", "jwks.json"]), Err(NoFeedLocation));
    }
}
