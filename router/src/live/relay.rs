use std::error::Error;
use std::future::poll_fn;
use std::pin::pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use constellation_shared::error::ErrorCode;
use constellation_shared::program::Stop;
use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::http::body::{Body, BodySize, MessageBody, ResponseBody};
use hive_router::ntex::rt;
use hive_router::ntex::util::Bytes;
use http::header::CONTENT_TYPE;
use tokio::sync::mpsc;

use super::event::{complete, last_word, settle};
use super::{RESTARTING, TOO_SLOW};

/// How many events wait for a client at the most.
const QUEUE: usize = 256;
/// What is kept free for the end.
const LAST: usize = 2;

/// Whether this answer is a stream of events.
pub(crate) fn is_stream(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|kind| kind.to_str().ok())
        .is_some_and(|kind| kind.starts_with("text/event-stream"))
}

/// Passes Hive's events on: at once, settled, and no more of them than the client may leave unread. The stream ends when
/// the router stops.
pub(crate) fn relay(body: ResponseBody<Body>, request_id: String, stop: Stop) -> ResponseBody<Body> {
    let (events, waiting) = mpsc::channel(QUEUE + LAST);
    drop(rt::spawn(pass_on(body, events, request_id, stop)));
    ResponseBody::Body(Body::from_message(Waiting(waiting)))
}

async fn pass_on(mut body: ResponseBody<Body>, events: mpsc::Sender<Bytes>, request_id: String, stop: Stop) {
    let mut stopped = pin!(stop.requested());
    let (code, message) = loop {
        let chunk = tokio::select! {
            biased;
            () = events.closed() => return,
            () = &mut stopped => break (ErrorCode::Unavailable, RESTARTING),
            chunk = poll_fn(|context| body.poll_next_chunk(context)) => chunk,
        };
        let Some(Ok(chunk)) = chunk else { return };
        if events.capacity() <= LAST {
            tracing::info!("a subscription ends because its reader is too slow");
            break (ErrorCode::Unavailable, TOO_SLOW);
        }
        // Hive gives an event at a time.
        let event = settle(&String::from_utf8_lossy(&chunk), &request_id);
        if events.try_send(Bytes::from(event)).is_err() {
            return;
        }
    };
    // There is room for these two, whatever waits; who has gone does not read them.
    let _ = events.try_send(Bytes::from(last_word(code, message)));
    let _ = events.try_send(Bytes::from(complete()));
}

/// What waits for the client.
struct Waiting(mpsc::Receiver<Bytes>);

impl MessageBody for Waiting {
    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next_chunk(&mut self, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, Rc<dyn Error>>>> {
        self.0.poll_recv(context).map(|event| event.map(Ok))
    }
}
