use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

use url::Url;

/// Where a service reads what auth publishes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// Auth's own endpoint, or a copy of it.
    Url(Url),
    /// A file with the same content.
    File(PathBuf),
}

impl FromStr for Location {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match Url::parse(text) {
            Ok(url) if matches!(url.scheme(), "http" | "https") => Ok(Self::Url(url)),
            Ok(url) if url.scheme() == "file" => url
                .to_file_path()
                .map(Self::File)
                .map_err(|()| "this file: URL names no file".into()),
            Ok(url) if text.contains("://") => Err(format!(
                "{} URLs cannot be read, only http, https and file",
                url.scheme()
            )),
            _ if text.is_empty() => Err("it must be a URL or a file's path".into()),
            _ => Ok(Self::File(text.into())),
        }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Url(url) => url.fmt(f),
            Self::File(path) => path.display().fmt(f),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_location_is_a_url_or_a_path() {
        assert!(matches!(
            "http://127.0.0.1:4001/.well-known/jwks.json".parse(),
            Ok(Location::Url(_))
        ));
        assert_eq!(
            "keys/jwks.json".parse(),
            Ok(Location::File("keys/jwks.json".into()))
        );
        assert_eq!(
            "file:///keys/jwks.json".parse(),
            Ok(Location::File("/keys/jwks.json".into()))
        );
        assert!("ftp://example.org/jwks.json".parse::<Location>().is_err());
        assert!("".parse::<Location>().is_err());
    }
}
