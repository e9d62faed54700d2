//! Subscriptions: as Server-Sent Events, and over WebSocket.
//!
//! Hive runs them, and says what it does through its own streams, in which it lets go of events that a client is too slow
//! for, without a word. So everything that it says is taken from it at once, and waits here, in a queue with an end: a
//! client that falls behind further than that is told so, and its stream is over.
//!
//! Hive's own WebSocket is not used: it accepts every connection, whatever its token, lets errors out past every hook, and
//! keeps no account of what a client has not read. Ours speaks the same protocol, and asks this very router for the
//! events, over HTTP: so everything that holds for a request holds for it.

mod accept;
mod event;
mod protocol;
mod relay;
mod socket;
mod stream;

pub(crate) use accept::without_multipart;
pub(crate) use relay::{is_stream, relay};
pub(crate) use socket::{Socket, is_upgrade};

use http::HeaderName;

/// Marks a request that may only subscribe: what comes over a WebSocket.
pub(crate) const SUBSCRIPTIONS_ONLY: HeaderName = HeaderName::from_static("constellation-subscriptions-only");

/// What a stream ends with whose reader is too slow for it.
const TOO_SLOW: &str = "You read more slowly than things happen. Ask for what you missed, and subscribe again, after the last cursor that you have.";
/// What a stream ends with when the router stops.
const RESTARTING: &str = "The service is restarting. Subscribe again, after the last cursor that you have.";
