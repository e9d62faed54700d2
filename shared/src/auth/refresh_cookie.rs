use std::convert::Infallible;
use std::fmt;

use axum::extract::FromRequestParts;
use cookie::Cookie;
use http::header::COOKIE;
use http::request::Parts;

/// The name of the cookie that holds a browser's refresh token.
///
/// `__Secure-` makes browsers refuse it from whoever is not reached over TLS (or on the machine itself). The stronger
/// `__Host-` would have it sent with every path of the host, whatever else is served there.
pub const REFRESH_COOKIE: &str = "__Secure-constellation-refresh";

/// The refresh tokens that came in cookies. There is one at most, unless a site beside ours has planted another.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct RefreshCookies(Vec<String>);

impl RefreshCookies {
    /// Reads them out of the lines of `Cookie` headers, and passes all other cookies over.
    pub fn read<'h>(lines: impl IntoIterator<Item = &'h str>) -> Self {
        let cookies = lines.into_iter().flat_map(Cookie::split_parse).flatten();
        let ours = cookies.filter(|cookie| cookie.name() == REFRESH_COOKIE && !cookie.value().is_empty());
        Self(ours.map(|cookie| cookie.value().to_owned()).collect())
    }

    /// The tokens. They are secret.
    #[must_use]
    pub fn reveal(&self) -> &[String] {
        &self.0
    }

    /// The line of a `Cookie` header that says no more than these; none when there is nothing to say.
    #[must_use]
    pub fn line(&self) -> Option<String> {
        let cookies: Vec<_> = self
            .0
            .iter()
            .map(|token| format!("{REFRESH_COOKIE}={token}"))
            .collect();
        (!cookies.is_empty()).then(|| cookies.join("; "))
    }
}

impl fmt::Debug for RefreshCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RefreshCookies({} of them)", self.0.len())
    }
}

impl<S: Send + Sync> FromRequestParts<S> for RefreshCookies {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let lines = parts.headers.get_all(COOKIE);
        Ok(Self::read(lines.iter().filter_map(|line| line.to_str().ok())))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn ours_are_found_among_others_and_nothing_else_is_passed_on() {
        let lines = [
            format!("theme=dark; {REFRESH_COOKIE}=one;session=2"),
            format!("x{REFRESH_COOKIE}=no; {REFRESH_COOKIE}=; {REFRESH_COOKIE}=two"),
        ];
        let found = RefreshCookies::read(lines.iter().map(String::as_str));
        assert_eq!(found.reveal(), ["one", "two"]);
        let line = format!("{REFRESH_COOKIE}=one; {REFRESH_COOKIE}=two");
        assert_eq!(found.line(), Some(line));
        assert_eq!(RefreshCookies::read(["theme=dark", "", ";;", "="]).line(), None);
    }

    #[test]
    fn a_token_in_a_cookie_is_not_written_to_logs() {
        let line = format!("{REFRESH_COOKIE}=secret");
        let found = RefreshCookies::read([line.as_str()]);
        assert!(!format!("{found:?}").contains("secret"));
    }

    proptest! {
        #[test]
        fn what_is_passed_on_says_the_same_as_what_came(line in "([ -~]{0,12}(__Secure-constellation-refresh=[!-~]{0,8})?;?){0,6}") {
            let found = RefreshCookies::read([line.as_str()]);
            prop_assert_eq!(RefreshCookies::read(found.line().as_deref()), found);
        }
    }
}
