use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use constellation_shared::auth::TokenVerifier;
use constellation_shared::error::ErrorCode;
use constellation_shared::program::Stop;
use hive_router::ntex::http::HeaderMap;
use hive_router::ntex::rt;
use hive_router::ntex::service::{chain, fn_factory_with_config, fn_service, fn_shutdown};
use hive_router::ntex::util::Bytes;
use hive_router::ntex::web::ws::{self, WsSink};
use hive_router::ntex::web::{Error, HttpRequest, HttpResponse};
use hive_router::ntex::ws::{Frame, Message};
use http::header::{HOST, HeaderValue, ORIGIN, UPGRADE};
use reqwest::Client;
use serde_json::{Map, Value};
use tokio::sync::{Notify, oneshot};
use tokio::time::{sleep, timeout};

use super::protocol::{self, ClientMessage, Close, SUBPROTOCOL};
use super::stream::{Events, Said};

/// How many connections a process has at the most.
const MOST: usize = 1_000;
/// How many subscriptions one connection has at the most.
const MOST_SUBSCRIPTIONS: usize = 50;
/// How long a client may take to say who it is.
const INIT: Duration = Duration::from_secs(10);
/// How long a connection is silent at the most.
const HEARTBEAT: Duration = Duration::from_secs(10);
/// How long a client may take to answer a ping.
const PATIENCE: Duration = Duration::from_secs(30);
/// How many messages a client may leave unread: after so many, the next waits until a ping has come back.
const WINDOW: u64 = 64;

/// The graph over WebSocket: subscriptions only, in the protocol `graphql-transport-ws`.
#[derive(Clone)]
pub(crate) struct Socket {
    pub(crate) verifier: Arc<TokenVerifier>,
    /// Where this router can be asked.
    pub(crate) graph: Arc<str>,
    pub(crate) client: Client,
    pub(crate) cors_origins: Arc<[String]>,
    pub(crate) stop: Stop,
    pub(crate) open: Arc<AtomicUsize>,
}

/// Whether a request asks for a WebSocket.
pub(crate) fn is_upgrade(headers: &HeaderMap) -> bool {
    headers
        .get(UPGRADE)
        .and_then(|wanted| wanted.to_str().ok())
        .is_some_and(|wanted| wanted.eq_ignore_ascii_case("websocket"))
}

impl Socket {
    /// Answers the request for a connection.
    pub(crate) async fn accept(self, request: HttpRequest) -> Result<HttpResponse, Error> {
        // A browser asks nobody before it opens a connection for a page, but says whose page it is.
        if !self.is_known_origin(request.headers()) {
            return Ok(HttpResponse::Forbidden().finish());
        }
        let protocol = ws::subprotocols(&request)
            .find(|name| *name == SUBPROTOCOL)
            .map(|_| SUBPROTOCOL);
        let socket = self.clone();
        ws::start(
            request,
            protocol,
            fn_factory_with_config(async move |sink: WsSink| {
                let connection = Connection::new(socket.clone(), sink);
                connection.clone().begin(protocol.is_some());
                let (frames, end) = (connection.clone(), connection);
                let service = fn_service(move |frame| {
                    let connection = frames.clone();
                    async move { Ok::<_, io::Error>(connection.receive(frame)) }
                });
                let over = fn_shutdown(async move || end.end());
                Ok::<_, Error>(chain(service).and_then(over))
            }),
        )
        .await
    }

    fn is_known_origin(&self, headers: &HeaderMap) -> bool {
        let Some(origin) = headers.get(ORIGIN) else {
            return true;
        };
        let Ok(origin) = origin.to_str() else {
            return false;
        };
        let own = headers.get(HOST).and_then(|host| host.to_str().ok());
        let authority = origin.split_once("://").map(|(_, authority)| authority);
        self.cors_origins.iter().any(|known| known == origin) || (own.is_some() && own == authority)
    }
}

/// The header that a client was let in with; none for who is nobody in particular.
#[derive(Clone)]
struct Who(Option<HeaderValue>);

/// A client that is connected.
#[derive(Clone)]
struct Connection(Rc<Inner>);

struct Inner {
    socket: Socket,
    sink: WsSink,
    /// None until the client has said who it is.
    who: RefCell<Option<Who>>,
    /// What ends each subscription when it is dropped.
    subscriptions: RefCell<HashMap<String, oneshot::Sender<()>>>,
    sent: Cell<u64>,
    read: Cell<u64>,
    has_read: Notify,
    over: Cell<bool>,
    ended: Notify,
}

impl Connection {
    fn new(socket: Socket, sink: WsSink) -> Self {
        Self(Rc::new(Inner {
            socket,
            sink,
            who: RefCell::default(),
            subscriptions: RefCell::default(),
            sent: Cell::new(0),
            read: Cell::new(0),
            has_read: Notify::new(),
            over: Cell::new(false),
            ended: Notify::new(),
        }))
    }

    fn begin(self, speaks_ours: bool) {
        let before = self.0.socket.open.fetch_add(1, Ordering::Relaxed);
        if before >= MOST {
            self.close(Close::TooMany);
        } else if speaks_ours {
            drop(rt::spawn(self.attend()));
        } else {
            self.close(Close::WrongProtocol);
        }
    }

    /// Sees to it that the client speaks, lives, and is told when the router stops.
    async fn attend(self) {
        let stop = self.0.socket.stop.clone().requested();
        let stopped = async {
            stop.await;
            Close::Restarting
        };
        let why = tokio::select! {
            () = self.0.ended.notified() => return,
            why = stopped => why,
            why = self.watch() => why,
        };
        self.close(why);
    }

    async fn watch(&self) -> Close {
        sleep(INIT).await;
        if self.0.who.borrow().is_none() {
            return Close::NoInit;
        }
        loop {
            let sent = self.ping();
            if timeout(PATIENCE, self.read_up_to(sent)).await.is_err() {
                return Close::Silent;
            }
            sleep(HEARTBEAT).await;
        }
    }

    fn receive(&self, frame: Frame) -> Option<Message> {
        match frame {
            Frame::Text(text) => match serde_json::from_slice(&text) {
                Ok(message) => self.understand(message),
                Err(_) => self.refuse(Close::BadMessage),
            },
            Frame::Ping(bytes) => Some(Message::Pong(bytes)),
            Frame::Pong(bytes) => {
                if let Ok(count) = <[u8; 8]>::try_from(&bytes[..]) {
                    let count = u64::from_be_bytes(count).min(self.0.sent.get());
                    self.0.read.set(count.max(self.0.read.get()));
                    self.0.has_read.notify_waiters();
                }
                None
            }
            Frame::Close(reason) => {
                self.end();
                Some(Message::Close(reason))
            }
            Frame::Binary(_) | Frame::Continuation(_) => self.refuse(Close::BadMessage),
        }
    }

    fn understand(&self, message: ClientMessage) -> Option<Message> {
        match message {
            ClientMessage::ConnectionInit { payload } => self.welcome(payload.as_ref()),
            ClientMessage::Subscribe { id, payload } => self.subscribe(id, payload),
            ClientMessage::Complete { id } => {
                self.0.subscriptions.borrow_mut().remove(&id);
                None
            }
            ClientMessage::Ping {} => Some(protocol::pong()),
            ClientMessage::Pong {} => None,
        }
    }

    fn welcome(&self, payload: Option<&Map<String, Value>>) -> Option<Message> {
        if self.0.who.borrow().is_some() {
            return self.refuse(Close::SecondInit);
        }
        let Ok(authorization) = authorization(payload) else {
            return self.refuse(Close::Forbidden);
        };
        match self.0.socket.verifier.authenticate(authorization.as_ref()) {
            Ok(_) => {
                *self.0.who.borrow_mut() = Some(Who(authorization));
                Some(protocol::acknowledged())
            }
            Err(rejection) => {
                tracing::info!(reason = ?rejection, "token refused");
                self.refuse(Close::Forbidden)
            }
        }
    }

    fn subscribe(&self, id: String, operation: Map<String, Value>) -> Option<Message> {
        let Some(Who(authorization)) = self.0.who.borrow().clone() else {
            return self.refuse(Close::Unauthorized);
        };
        // Refusing ends the subscriptions, so they must not be held here.
        if self.0.subscriptions.borrow().contains_key(&id) {
            return self.refuse(Close::DuplicateId);
        }
        if self.0.subscriptions.borrow().len() >= MOST_SUBSCRIPTIONS {
            return self.refuse(Close::TooMany);
        }
        let (end, ended) = oneshot::channel();
        self.0.subscriptions.borrow_mut().insert(id.clone(), end);
        let connection = self.clone();
        drop(rt::spawn(async move {
            tokio::select! {
                // The client has said that it is over, or has gone.
                _ = ended => {}
                () = connection.relay(&id, &operation, authorization.as_ref()) => {
                    connection.0.subscriptions.borrow_mut().remove(&id);
                }
            }
        }));
        None
    }

    async fn relay(&self, id: &str, operation: &Map<String, Value>, authorization: Option<&HeaderValue>) {
        let socket = &self.0.socket;
        let refused = match Events::of(&socket.client, &socket.graph, operation, authorization).await {
            Ok(mut events) => loop {
                match events.next().await {
                    Some(Said::Next(answer)) => self.send(protocol::next(id, &answer)).await,
                    Some(Said::Refused(errors)) => break errors,
                    None => return self.send(protocol::complete(id)).await,
                }
            },
            Err(errors) => errors,
        };
        self.send(protocol::error(id, &refused)).await;
        // A token that is refused here is over for the whole connection, whether or not this process has heard of it yet. Who
        // has none is only told to sign in.
        let is_refused = refused[0]["extensions"]["code"] == ErrorCode::Unauthenticated.as_str();
        if is_refused && authorization.is_some() {
            self.close(Close::Forbidden);
        }
    }

    /// Sends a message, once the client has read enough of those before.
    async fn send(&self, message: Message) {
        let sent = self.0.sent.get() + 1;
        self.0.sent.set(sent);
        // Who has gone reads nothing more.
        let _ = self.0.sink.send(message).await;
        if sent.is_multiple_of(WINDOW / 4) {
            self.ping();
        }
        self.read_up_to(sent.saturating_sub(WINDOW)).await;
    }

    /// Asks the client to say that it has read everything so far.
    fn ping(&self) -> u64 {
        let sent = self.0.sent.get();
        let ping = Message::Ping(Bytes::copy_from_slice(&sent.to_be_bytes()));
        drop(self.0.sink.send(ping));
        sent
    }

    async fn read_up_to(&self, count: u64) {
        loop {
            let has_read = self.0.has_read.notified();
            if self.0.read.get() >= count {
                return;
            }
            has_read.await;
        }
    }

    fn refuse(&self, why: Close) -> Option<Message> {
        self.close(why);
        None
    }

    fn close(&self, why: Close) {
        tracing::debug!(?why, "a WebSocket is closed");
        drop(self.0.sink.send(why.message()));
        self.end();
    }

    /// Ends everything that goes on, once.
    fn end(&self) {
        if !self.0.over.replace(true) {
            self.0.socket.open.fetch_sub(1, Ordering::Relaxed);
            self.0.subscriptions.borrow_mut().clear();
            self.0.ended.notify_one();
        }
    }
}

/// The `Authorization` of the first message, in whatever case its name is written.
fn authorization(payload: Option<&Map<String, Value>>) -> Result<Option<HeaderValue>, ()> {
    let fields = payload.into_iter().flatten();
    let mut named = fields.filter(|(name, _)| name.eq_ignore_ascii_case("authorization"));
    match named.next() {
        None | Some((_, Value::Null)) => Ok(None),
        Some((_, Value::String(text))) => HeaderValue::try_from(text).map(Some).map_err(|_| ()),
        Some(_) => Err(()),
    }
}
