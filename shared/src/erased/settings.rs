use std::fmt;
use std::str::FromStr;

use clap::Args;
use url::Url;

use crate::auth::Location;

/// Where a subgraph learns whose data it must erase.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Leaving")]
pub struct ErasedSettings {
    /// Where auth's log of erased accounts is: a URL, or `none` to keep what people leave behind
    /// [default: `erased-accounts` beside a `JWKS_LOCATION` that is a URL]
    #[arg(
        long,
        env = "ERASED_ACCOUNTS_LOCATION",
        value_name = "ERASED_ACCOUNTS_LOCATION"
    )]
    pub erased_accounts_location: Option<LogLocation>,
}

/// Where the log is, if it is followed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum LogLocation {
    /// It is not followed.
    None,
    /// It is there.
    At(Url),
}

impl FromStr for LogLocation {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match Url::parse(text) {
            _ if text == "none" => Ok(Self::None),
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self::At(url)),
            _ => Err("it is an http or https URL, or `none`"),
        }
    }
}

impl fmt::Display for LogLocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::None => f.write_str("none"),
            Self::At(url) => url.fmt(f),
        }
    }
}

/// The log lies beside a URL of keys, but nobody knows where it lies when the keys are in a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("ERASED_ACCOUNTS_LOCATION must be set when JWKS_LOCATION is a file: to a URL or `none`")]
pub struct NoLogLocation;

impl ErasedSettings {
    /// Where the log is, for a service that reads its keys there; `None` where it is not to be followed.
    ///
    /// # Errors
    /// When nobody said where.
    pub fn location(&self, keys: &Location) -> Result<Option<Url>, NoLogLocation> {
        match (&self.erased_accounts_location, keys) {
            (Some(LogLocation::None), _) => Ok(None),
            (Some(LogLocation::At(url)), _) => Ok(Some(url.clone())),
            (None, Location::Url(keys)) => keys.join("erased-accounts").map(Some).map_err(|_| NoLogLocation),
            (None, Location::File(_)) => Err(NoLogLocation),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(said: Option<&str>, keys: &str) -> Result<Option<Url>, NoLogLocation> {
        let settings = ErasedSettings {
            erased_accounts_location: said.map(|said| said.parse().unwrap()),
        };
        settings.location(&keys.parse().unwrap())
    }

    #[test]
    fn the_log_lies_beside_the_keys_unless_it_is_said_where() {
        let beside = "https://auth.example/keys/erased-accounts".parse().ok();
        assert_eq!(
            location(None, "https://auth.example/keys/jwks.json?v=1"),
            Ok(beside)
        );
        assert_eq!(location(Some("none"), "jwks.json"), Ok(None));
        assert_eq!(location(None, "jwks.json"), Err(NoLogLocation));
        let named = "http://auth/log";
        assert_eq!(location(Some(named), "jwks.json"), Ok(named.parse().ok()));
        assert!("ftp://auth/log".parse::<LogLocation>().is_err());
    }
}
