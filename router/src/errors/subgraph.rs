use std::sync::Arc;

use bytes::Bytes;
use constellation_shared::error::{ErrorCode, INTERNAL_MESSAGE, UNAVAILABLE_MESSAGE};
use hive_router::SubgraphHttpResponse;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value, json};

/// The answer in the place of a subgraph that gave none.
pub(crate) fn failed(code: ErrorCode) -> SubgraphHttpResponse {
    let message = if code == ErrorCode::Internal {
        INTERNAL_MESSAGE
    } else {
        UNAVAILABLE_MESSAGE
    };
    let body = json!({ "errors": [{ "message": message, "extensions": { "code": code.as_str() } }] });
    let mut headers = HeaderMap::new();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    SubgraphHttpResponse {
        status: StatusCode::OK,
        headers: Arc::new(headers),
        body: Bytes::from(body.to_string()),
    }
}

/// Makes an answer with a status of failure into one that says it in GraphQL alone.
///
/// A subgraph that refuses a token answers 401 with a coded error in its body. Hive would add an error of its own for
/// the status; the coded one says it better. A body without one, such as a proxy's page for a server that is down,
/// becomes a coded error here.
pub(crate) fn settle(mut response: SubgraphHttpResponse, subgraph: &str) -> SubgraphHttpResponse {
    if response.status.is_success() {
        return response;
    }
    if has_errors(&response.body) {
        response.status = StatusCode::OK;
        return response;
    }
    tracing::warn!(
        subgraph,
        status = response.status.as_u16(),
        "a subgraph answered with no GraphQL"
    );
    failed(if response.status == StatusCode::INTERNAL_SERVER_ERROR {
        ErrorCode::Internal
    } else {
        ErrorCode::Unavailable
    })
}

fn has_errors(body: &[u8]) -> bool {
    serde_json::from_slice::<Value>(body)
        .ok()
        .and_then(|body| body.get("errors")?.as_array().map(|errors| !errors.is_empty()))
        .unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: StatusCode, body: &'static str) -> SubgraphHttpResponse {
        let response = SubgraphHttpResponse {
            status,
            body: Bytes::from_static(body.as_bytes()),
            headers: Arc::default(),
        };
        settle(response, "expense")
    }

    #[test]
    fn a_coded_refusal_keeps_its_own_words() {
        let body = r#"{"errors":[{"message":"Expired.","extensions":{"code":"UNAUTHENTICATED"}}]}"#;
        let settled = answer(StatusCode::UNAUTHORIZED, body);
        assert_eq!(
            (settled.status, &settled.body[..]),
            (StatusCode::OK, body.as_bytes())
        );
    }

    #[test]
    fn a_page_of_a_proxy_becomes_a_coded_error() {
        for (status, code) in [
            (StatusCode::BAD_GATEWAY, "UNAVAILABLE"),
            (StatusCode::SERVICE_UNAVAILABLE, "UNAVAILABLE"),
            (StatusCode::NOT_FOUND, "UNAVAILABLE"),
            (StatusCode::INTERNAL_SERVER_ERROR, "INTERNAL"),
        ] {
            let settled = answer(status, "<html>nginx</html>");
            let body = String::from_utf8_lossy(&settled.body).into_owned();
            assert!(
                settled.status.is_success() && body.contains(code) && !body.contains("nginx"),
                "{body}"
            );
        }
    }

    #[test]
    fn an_answer_is_left_as_it_is() {
        let settled = answer(StatusCode::OK, "anything");
        assert_eq!(&settled.body[..], b"anything");
    }
}
