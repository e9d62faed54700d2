use axum::extract::Request;
use http::{HeaderName, HeaderValue};
use tower_http::request_id::{MakeRequestId, RequestId};

use crate::entropy::{SystemEntropy, random};

/// The header in which a request's id travels from the router to the subgraphs and back to the client.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives an id to a request that has none.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewRequestId;

impl MakeRequestId for NewRequestId {
    fn make_request_id<B>(&mut self, _request: &http::Request<B>) -> Option<RequestId> {
        let id = uuid::Builder::from_random_bytes(random(&SystemEntropy))
            .into_uuid()
            .simple()
            .to_string();
        HeaderValue::try_from(id).ok().map(RequestId::new)
    }
}

/// Takes away a client's id that would be unfit to stand in a log line; a new one is given in its place.
pub(super) fn drop_unfit(mut request: Request) -> Request {
    let fit = |value: &HeaderValue| {
        (1..=64).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    if request.headers().get(REQUEST_ID).is_some_and(|id| !fit(id)) {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}
