use constellation_shared::auth::Rejection;
use constellation_shared::error::ErrorCode;
use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::http::header::HeaderValue as NtexHeaderValue;
use hive_router::ntex::web::HttpResponse;
use http::StatusCode;
use http::header::{ACCEPT, CONTENT_TYPE, HeaderValue, WWW_AUTHENTICATE};

use crate::bounds::Excess;
use crate::edge::coded_body;

/// The answer to a bad token.
pub(super) fn refuse_token(rejection: Rejection, headers: &HeaderMap) -> HttpResponse {
    let challenge = rejection.challenge();
    refuse(rejection.status(), challenge, rejection.body(), headers)
}

/// The answer to a page that may not use the cookie.
pub(super) fn refuse_origin(headers: &HeaderMap) -> HttpResponse {
    tracing::info!("the cookie refused from a foreign page");
    let body = coded_body(ErrorCode::Forbidden, FOREIGN_PAGE);
    refuse(StatusCode::FORBIDDEN, None, body, headers)
}

const FOREIGN_PAGE: &str = "The cookie with the refresh token can be used by web pages of this server's own origin and of \
    the origins that it is configured for (ROUTER_CORS_ORIGINS), and the `Origin` of this request is neither.";

/// The answer to a request that asks for too much.
pub(super) fn refuse_excess(excess: &Excess, headers: &HeaderMap) -> HttpResponse {
    tracing::info!(reason = ?excess, "request refused");
    let body = coded_body(ErrorCode::BadUserInput, &excess.to_string());
    refuse(StatusCode::BAD_REQUEST, None, body, headers)
}

/// In `application/json`, some clients take a status that is no success for a broken answer and don't read the error:
/// who knows the other type, gets that one, as for every other error.
fn refuse(
    status: StatusCode,
    challenge: Option<HeaderValue>,
    body: String,
    headers: &HeaderMap,
) -> HttpResponse {
    const GRAPHQL_RESPONSE: &str = "application/graphql-response+json";
    let knows = |accept: &NtexHeaderValue| {
        accept
            .to_str()
            .is_ok_and(|accept| accept.contains(GRAPHQL_RESPONSE))
    };
    let kind = if headers.get_all(ACCEPT).any(knows) {
        GRAPHQL_RESPONSE
    } else {
        "application/json"
    };
    let mut response = HttpResponse::build(status);
    response.header(CONTENT_TYPE, HeaderValue::from_static(kind));
    if let Some(challenge) = challenge {
        response.header(WWW_AUTHENTICATE, challenge);
    }
    response.body(body)
}
