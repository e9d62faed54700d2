use axum::extract::Request;
use http::{HeaderName, HeaderValue};
use tower_http::request_id::{MakeRequestId, RequestId};

use crate::entropy::{SystemEntropy, random};

/// The header in which a request's id travels from the router to the subgraphs and back to the client.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// A new id, which no other request has: hexadecimal digits.
#[must_use]
pub fn new_request_id() -> String {
    uuid::Builder::from_random_bytes(random(&SystemEntropy))
        .into_uuid()
        .simple()
        .to_string()
}

/// Whether a client's id may stand in a log line and in a header: 1 to 64 visible characters of ASCII.
#[must_use]
pub fn is_fit_request_id(id: &[u8]) -> bool {
    (1..=64).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic)
}

/// Gives an id to a request that has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _request: &http::Request<B>) -> Option<RequestId> {
        HeaderValue::try_from(new_request_id()).ok().map(RequestId::new)
    }
}

/// Takes away a client's id that would be unfit to stand in a log line; a new one is given in its place.
pub(super) fn drop_unfit(mut request: Request) -> Request {
    let id = request.headers().get(REQUEST_ID);
    if id.is_some_and(|id| !is_fit_request_id(id.as_bytes())) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}
