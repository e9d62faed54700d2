//! The only cookie there is, and whose pages may use it.

use constellation_shared::auth::RefreshCookies;
use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::http::header::HeaderValue;
use http::Method;
use http::header::{COOKIE, HOST, HeaderName, ORIGIN};

/// What a browser itself says of the page that sends a request; no page can write it.
const FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// Leaves of all cookies only the one with a refresh token, in one line, and only where an operation could use it: a GET
/// changes nothing, and a browser does not say on every GET which page it comes from.
pub(super) fn keep_ours(method: &Method, headers: &mut HeaderMap) {
    let lines = headers.get_all(COOKIE).filter_map(|line| line.to_str().ok());
    let ours = RefreshCookies::read(lines).line();
    headers.remove(COOKIE);
    if let Some(line) = ours.filter(|_| method == Method::POST)
        && let Ok(line) = HeaderValue::try_from(line)
    {
        headers.insert(COOKIE, line);
    }
}

/// Whether a request with the cookie comes from a page that may use it: one of the router's own origin, or of one of
/// `allowed`. `SameSite=Strict` keeps the cookie from other sites already, but not from other hosts of the same site, nor
/// from a browser that does not know of it.
pub(crate) fn may_use_cookie(headers: &HeaderMap, allowed: &[String]) -> bool {
    if headers.get(COOKIE).is_none() {
        return true;
    }
    let text = |name: HeaderName| headers.get(name).and_then(|value| value.to_str().ok());
    if text(FETCH_SITE) == Some("same-origin") {
        return true;
    }
    let Some(origin) = text(ORIGIN) else {
        return false;
    };
    // Who speaks TLS before us leaves the scheme to be guessed; the host and the port are the page's own.
    let own = text(HOST).is_some_and(|host| {
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        authority.is_some_and(|authority| authority.eq_ignore_ascii_case(host))
    });
    own || allowed.iter().any(|allowed| allowed == origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn may(sent: &[(&str, &str)]) -> bool {
        let mut headers = HeaderMap::new();
        for (name, value) in sent {
            let (name, value) = (
                name.parse::<HeaderName>().unwrap(),
                HeaderValue::try_from(*value).unwrap(),
            );
            headers.append(name, value);
        }
        headers.append(COOKIE, HeaderValue::from_static("a=b"));
        may_use_cookie(&headers, &["https://app.example.org".into()])
    }

    #[test]
    fn pages_of_known_origins_may_use_the_cookie_and_no_others() {
        let host = ("host", "graph.example.org");
        assert!(may(&[host, ("origin", "https://graph.example.org")]));
        assert!(may(&[host, ("origin", "https://app.example.org")]));
        assert!(may(&[("host", "inner:4000"), ("sec-fetch-site", "same-origin")]));
        for origin in [
            "https://evil.example.org",
            "https://graph.example.org.evil.com",
            "https://graph.example.org:8443",
            "http://app.example.org",
            "https://app.example.org.evil.com",
            "null",
            "",
        ] {
            assert!(
                !may(&[host, ("origin", origin), ("sec-fetch-site", "same-site")]),
                "{origin}"
            );
        }
        assert!(!may(&[host]));
        assert!(!may(&[("origin", "https://"), ("sec-fetch-site", "none")]));
    }
}
