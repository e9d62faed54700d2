//! The messages of `graphql-transport-ws`, the protocol of the library graphql-ws.

use hive_router::ntex::util::ByteString;
use hive_router::ntex::ws::{CloseCode, CloseReason, Message};
use serde::Deserialize;
use serde_json::{Map, Value, json};

/// The name that both sides must give it.
pub(super) const SUBPROTOCOL: &str = "graphql-transport-ws";

/// What a client says.
#[derive(Debug, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(super) enum ClientMessage {
    ConnectionInit {
        #[serde(default)]
        payload: Option<Map<String, Value>>,
    },
    Subscribe {
        id: String,
        payload: Map<String, Value>,
    },
    Complete {
        id: String,
    },
    Ping {},
    Pong {},
}

/// Why a connection is closed; the codes are the protocol's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Close {
    BadMessage,
    Unauthorized,
    Forbidden,
    WrongProtocol,
    NoInit,
    DuplicateId,
    SecondInit,
    TooMany,
    Silent,
    Restarting,
}

impl Close {
    pub(super) fn message(self) -> Message {
        let (code, reason) = match self {
            Self::BadMessage => (4400, "This is no message of graphql-transport-ws"),
            Self::Unauthorized => (4401, "Unauthorized"),
            Self::Forbidden => (4403, "Forbidden"),
            Self::WrongProtocol => (4406, "Subprotocol not acceptable"),
            Self::NoInit => (4408, "Connection initialisation timeout"),
            Self::DuplicateId => (4409, "Subscriber for this id already exists"),
            Self::SecondInit => (4429, "Too many initialisation requests"),
            Self::TooMany => (1013, "Too many connections"),
            Self::Silent => (1002, "No answer to a ping"),
            Self::Restarting => (1012, "Service restart"),
        };
        Message::Close(Some(CloseReason {
            code: CloseCode::from(code),
            description: Some(reason.to_owned()),
        }))
    }
}

pub(super) fn acknowledged() -> Message {
    text(&json!({ "type": "connection_ack" }))
}

pub(super) fn pong() -> Message {
    text(&json!({ "type": "pong" }))
}

pub(super) fn next(id: &str, answer: &Value) -> Message {
    text(&json!({ "id": id, "type": "next", "payload": answer }))
}

pub(super) fn error(id: &str, errors: &Value) -> Message {
    text(&json!({ "id": id, "type": "error", "payload": errors }))
}

pub(super) fn complete(id: &str) -> Message {
    text(&json!({ "id": id, "type": "complete" }))
}

fn text(message: &Value) -> Message {
    Message::Text(ByteString::from(message.to_string()))
}
