//! Where browsers send the cookie with a refresh token.

use std::fmt;
use std::str::FromStr;

/// The `Path` of the cookie with a refresh token.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CookiePath(String);

impl CookiePath {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for CookiePath {
    fn default() -> Self {
        Self("/graphql".into())
    }
}

impl fmt::Display for CookiePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for CookiePath {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        // What ends the attribute, or what a browser writes in another way when it compares.
        let is_plain = |c: char| c.is_ascii_graphic() && !";?#\\\"<>`{}".contains(c);
        if text.starts_with('/') && !text.starts_with("//") && text.chars().all(is_plain) {
            Ok(Self(text.to_owned()))
        } else {
            Err(format!(
                "{text:?} is not a path: write it as a browser's address bar shows it after the host, such as /graphql"
            ))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::CookiePath;

    #[test]
    fn a_path_is_taken_as_it_stands_or_not_at_all() {
        for path in ["/graphql", "/", "/family/graphql", "/a%20b"] {
            assert_eq!(path.parse::<CookiePath>().unwrap().as_str(), path);
        }
        for wrong in [
            "",
            "graphql",
            "//host/graphql",
            "/graphql; Domain=example.org",
            "/a b",
            "/a?b",
            "/\r\nX: y",
            "/\u{e9}",
        ] {
            assert!(
                wrong.parse::<CookiePath>().unwrap_err().contains("/graphql"),
                "{wrong}"
            );
        }
    }
}
