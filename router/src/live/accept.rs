use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::http::header::HeaderValue;
use http::header::ACCEPT;

const JSON: &str = "application/json";

/// Takes the multipart kinds of streams out of what a client accepts. Many clients name them with every request, next to
/// Server-Sent Events; there is one kind of stream here, so that there is one to look after. Who takes anything, or does not
/// say, takes JSON: they would be given a multipart stream otherwise.
pub(crate) fn without_multipart(headers: &mut HeaderMap) {
    let accepted: Vec<_> = headers
        .get_all(ACCEPT)
        .filter_map(|accept| accept.to_str().ok())
        .flat_map(|accept| accept.split(','))
        .map(str::trim)
        .collect();
    let kept: Vec<_> = accepted
        .iter()
        .filter(|kind| !kind.to_ascii_lowercase().starts_with("multipart/"))
        .map(|kind| if kind.starts_with("*/*") { JSON } else { kind })
        .collect();
    if kept == accepted && !kept.is_empty() {
        return;
    }
    let kept = if kept.is_empty() {
        JSON.to_owned()
    } else {
        kept.join(", ")
    };
    if let Ok(kept) = HeaderValue::try_from(kept) {
        headers.insert(ACCEPT, kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_else_that_is_accepted_stays() {
        for (accepted, rest) in [
            ("text/event-stream, multipart/mixed", "text/event-stream"),
            (
                r#"multipart/mixed;subscriptionSpec="1.0", application/json;q=0.5"#,
                "application/json;q=0.5",
            ),
            ("multipart/mixed", "application/json"),
            ("*/*", "application/json"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accepted));
            without_multipart(&mut headers);
            assert_eq!(headers.get(ACCEPT).unwrap(), rest);
        }
    }
}
