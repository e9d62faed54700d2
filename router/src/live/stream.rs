//! Reading the answer to a subscription from this very router.

use constellation_shared::error::{ErrorCode, UNAVAILABLE_MESSAGE};
use http::header::{ACCEPT, AUTHORIZATION, HeaderValue};
use reqwest::{Client, Response};
use serde_json::{Map, Value, json};

use super::SUBSCRIPTIONS_ONLY;

/// More than any event of ours; what has no end is not waited for.
const LONGEST_EVENT: usize = 8 * 1024 * 1024;

/// The events of one subscription.
pub(super) struct Events {
    response: Response,
    text: Vec<u8>,
}

/// What the answer says next.
pub(super) enum Said {
    /// An answer with data.
    Next(Value),
    /// Why there is, or will be, none: the errors.
    Refused(Value),
}

impl Events {
    /// Subscribes.
    ///
    /// # Errors
    /// What is answered instead of a stream: the errors.
    pub(super) async fn of(
        client: &Client,
        graph: &str,
        operation: &Map<String, Value>,
        authorization: Option<&HeaderValue>,
    ) -> Result<Self, Value> {
        let mut request = client
            .post(graph)
            .json(operation)
            .header(ACCEPT, "text/event-stream")
            .header(SUBSCRIPTIONS_ONLY, "true");
        if let Some(authorization) = authorization {
            request = request.header(AUTHORIZATION, authorization);
        }
        let response = request.send().await.map_err(|error| {
            tracing::error!(%error, "the router cannot ask itself");
            unavailable()
        })?;
        let kind = response.headers().get("content-type");
        if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"text/event-stream")) {
            return Ok(Self {
                response,
                text: Vec::new(),
            });
        }
        let mut body: Value = response.json().await.unwrap_or_default();
        Err(match body["errors"].take() {
            errors @ Value::Array(_) => errors,
            _ => unavailable(),
        })
    }

    /// The next thing that is said; none when the subscription is complete.
    pub(super) async fn next(&mut self) -> Option<Said> {
        loop {
            if let Some(end) = self.text.windows(2).position(|end| end == b"\n\n") {
                let event: Vec<u8> = self.text.drain(..end + 2).collect();
                match read(&String::from_utf8_lossy(&event)) {
                    Event::Next(said) => return Some(said),
                    Event::Complete => return None,
                    Event::Silence => continue,
                }
            }
            match self.response.chunk().await {
                Ok(Some(chunk)) if self.text.len() + chunk.len() <= LONGEST_EVENT => {
                    self.text.extend_from_slice(&chunk);
                }
                // A stream that breaks off has not said that it is complete.
                _ => return Some(Said::Refused(unavailable())),
            }
        }
    }
}

enum Event {
    Next(Said),
    Complete,
    /// It only shows that the stream is alive.
    Silence,
}

fn read(event: &str) -> Event {
    let field = |name: &str| {
        event
            .lines()
            .find_map(|line| line.strip_prefix(name))
            .map(str::trim)
    };
    match field("event:") {
        Some("next") => {
            let mut answer: Value = field("data:")
                .and_then(|data| serde_json::from_str(data).ok())
                .unwrap_or_default();
            let is_refusal = answer["data"].is_null() && answer["errors"].is_array();
            Event::Next(if is_refusal {
                Said::Refused(answer["errors"].take())
            } else {
                Said::Next(answer)
            })
        }
        Some("complete") => Event::Complete,
        _ => Event::Silence,
    }
}

fn unavailable() -> Value {
    json!([{
        "message": UNAVAILABLE_MESSAGE,
        "extensions": { "code": ErrorCode::Unavailable.as_str() },
    }])
}
