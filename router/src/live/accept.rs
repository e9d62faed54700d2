use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::http::header::HeaderValue;
use http::header::ACCEPT;

/// Takes the multipart kinds of streams out of what a client accepts. Many clients name them with every request, next to
/// Server-Sent Events; there is one kind of stream here, so that there is one to look after.
pub(crate) fn without_multipart(headers: &mut HeaderMap) {
    let accepted: Vec<_> = headers
        .get_all(ACCEPT)
        .filter_map(|accept| accept.to_str().ok())
        .flat_map(|accept| accept.split(','))
        .map(str::trim)
        .collect();
    let rest: Vec<_> = accepted
        .iter()
        .filter(|kind| !kind.to_ascii_lowercase().starts_with("multipart/"))
        .copied()
        .collect();
    if rest.len() == accepted.len() {
        return;
    }
    let rest = if rest.is_empty() {
        "application/json".to_owned()
    } else {
        rest.join(", ")
    };
    if let Ok(rest) = HeaderValue::try_from(rest) {
        headers.insert(ACCEPT, rest);
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
            ("*/*", "*/*"),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(ACCEPT, HeaderValue::from_static(accepted));
            without_multipart(&mut headers);
            assert_eq!(headers.get(ACCEPT).unwrap(), rest);
        }
    }
}
