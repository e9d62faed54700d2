use std::time::Duration;

use futures_util::{SinkExt as _, StreamExt as _};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

use super::{Person, Stack, assert_well_formed};

/// Only what is never said takes as long as this.
const DEADLINE: Duration = Duration::from_mins(1);

/// How a subscription travels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transport {
    Events,
    WebSocket,
}

/// Both ways, which must tell the same.
pub(crate) const BOTH: [Transport; 2] = [Transport::Events, Transport::WebSocket];

/// What a subscription says.
#[derive(Debug, PartialEq)]
pub(crate) enum Said {
    /// Data without an error.
    Data(Value),
    /// Why there is, or will be, no more: the code.
    Refused(String),
    /// The subscription is over.
    Complete,
    /// The WebSocket is closed with this code; a stream of events has no code.
    Closed(Option<u16>),
}

/// A subscription through the router.
pub(crate) enum Live {
    Events(reqwest::Response, String),
    WebSocket(Box<WebSocketStream<MaybeTlsStream<TcpStream>>>),
}

impl Stack {
    /// Subscribes as this person.
    pub(crate) async fn subscribe(
        &self,
        transport: Transport,
        person: &Person,
        query: &str,
        variables: &Value,
    ) -> Live {
        let authorization = format!("Bearer {}", person.access);
        let operation = json!({ "query": query, "variables": variables });
        match transport {
            Transport::Events => {
                let request = reqwest::Client::new()
                    .post(format!("{}/graphql", self.router))
                    .header("accept", "text/event-stream")
                    .header("authorization", authorization)
                    .json(&operation);
                let response = request.send().await.unwrap();
                assert_eq!(response.headers()["content-type"], "text/event-stream");
                Live::Events(response, String::new())
            }
            Transport::WebSocket => {
                let url = format!("{}/graphql", self.router.replace("http", "ws"));
                let mut request = url.into_client_request().unwrap();
                let protocol = "graphql-transport-ws".parse().unwrap();
                request.headers_mut().insert("sec-websocket-protocol", protocol);
                let (mut socket, _) = connect_async(request).await.unwrap();
                for message in [
                    json!({ "type": "connection_init", "payload": { "Authorization": authorization } }),
                    json!({ "type": "subscribe", "id": "1", "payload": operation }),
                ] {
                    let acknowledged = message["type"] == "connection_init";
                    socket.send(Message::text(message.to_string())).await.unwrap();
                    if acknowledged {
                        let answer = socket.next().await.unwrap().unwrap();
                        assert_eq!(answer, Message::text(r#"{"type":"connection_ack"}"#));
                    }
                }
                Live::WebSocket(Box::new(socket))
            }
        }
    }
}

impl Live {
    /// What is said next.
    pub(crate) async fn hear(&mut self) -> Said {
        let next = async {
            match self {
                Self::Events(response, text) => event(response, text).await,
                Self::WebSocket(socket) => message(socket).await,
            }
        };
        let said = tokio::time::timeout(DEADLINE, next).await;
        said.expect("nothing was said for a minute")
    }

    /// The data that is told next.
    pub(crate) async fn data(&mut self) -> Value {
        match self.hear().await {
            Said::Data(data) => data,
            said => panic!("no data: {said:?}"),
        }
    }

    /// All that is said after the last data, until nothing more can come.
    pub(crate) async fn end(&mut self) -> Vec<Said> {
        let mut end = Vec::new();
        loop {
            let said = self.hear().await;
            let over = matches!(said, Said::Closed(_) | Said::Complete);
            end.push(said);
            if over {
                return end;
            }
        }
    }
}

async fn event(response: &mut reqwest::Response, text: &mut String) -> Said {
    loop {
        while let Some((event, rest)) = text.split_once("\n\n") {
            let (event, rest) = (event.to_owned(), rest.to_owned());
            *text = rest;
            if event.starts_with("event: complete") {
                return Said::Complete;
            }
            if let Some(data) = event.strip_prefix("event: next\ndata: ") {
                return answer(&serde_json::from_str(data).unwrap());
            }
            assert!(event.starts_with(':'), "{event:?}");
        }
        match response.chunk().await.unwrap() {
            Some(chunk) => text.push_str(str::from_utf8(&chunk).unwrap()),
            None => return Said::Closed(None),
        }
    }
}

async fn message(socket: &mut WebSocketStream<MaybeTlsStream<TcpStream>>) -> Said {
    loop {
        match socket.next().await {
            Some(Ok(Message::Text(text))) => {
                let message: Value = serde_json::from_str(&text).unwrap();
                return match message["type"].as_str() {
                    Some("next") => answer(&message["payload"]),
                    Some("error") => answer(&json!({ "errors": message["payload"] })),
                    Some("complete") => Said::Complete,
                    _ => panic!("{message}"),
                };
            }
            Some(Ok(Message::Close(frame))) => return Said::Closed(frame.map(|frame| frame.code.into())),
            // Reading answers a ping.
            Some(Ok(_)) => {}
            other => panic!("the connection broke: {other:?}"),
        }
    }
}

fn answer(body: &Value) -> Said {
    assert_well_formed(body);
    match body["errors"].get(0) {
        Some(error) => Said::Refused(error["extensions"]["code"].as_str().unwrap().to_owned()),
        None => Said::Data(body["data"].clone()),
    }
}
