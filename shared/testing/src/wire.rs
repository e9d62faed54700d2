//! The wire between one replica and its database, which can be cut at any write: what is left is what a process leaves
//! that dies there.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Arc, Mutex};

use mongodb::Client;
use mongodb::bson::{Document, doc};
use mongodb::options::{ClientOptions, ServerAddress};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;

/// The commands that change something.
const WRITES: [&str; 5] = ["insert", "update", "delete", "findAndModify", "commitTransaction"];
const HEADER: usize = 16;
const OP_MSG: i32 = 2013;
const SOUND: &str = "nobody panicked with the lock held";

/// A proxy on loopback in front of MongoDB. It lasts until it is cut or dropped, and is not mended.
pub struct Wire {
    /// The far end.
    server: String,
    address: SocketAddr,
    state: Arc<State>,
}

struct State {
    cut: Mutex<Option<Cut>>,
    /// The session of the latest command within a transaction.
    transaction: Mutex<Option<Document>>,
    is_cut: watch::Sender<bool>,
}

/// Where the wire is to be cut.
#[derive(Debug, Clone, Copy)]
pub struct Cut {
    /// How many writes still pass.
    pub after: usize,
    /// Whether the one after them is carried out too, and only its answer is lost.
    pub carried_out: bool,
}

impl Wire {
    /// A wire to the server that this URI names.
    ///
    /// # Panics
    /// When it names none that listens on TCP, or there is no port left on loopback.
    pub async fn to(uri: &str) -> Self {
        let options = ClientOptions::parse(uri).await.expect("a URI of MongoDB");
        let ServerAddress::Tcp { host, port } = options.hosts[0].clone() else {
            panic!("the tests' MongoDB listens on TCP");
        };
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("a port of loopback");
        let address = listener.local_addr().expect("a bound socket");
        let state = Arc::new(State {
            cut: Mutex::default(),
            transaction: Mutex::default(),
            is_cut: watch::Sender::new(false),
        });
        let accepting = Arc::clone(&state);
        tokio::spawn(accepting.clone().until_cut(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect((host.as_str(), port.unwrap_or(27017))).await else {
                    return;
                };
                tokio::spawn(Arc::clone(&accepting).until_cut(carry(client, server, Arc::clone(&accepting))));
            }
        }));
        Self {
            server: uri.to_owned(),
            address,
            state,
        }
    }

    /// The database at the other end.
    pub fn uri(&self) -> String {
        format!("mongodb://{}/?directConnection=true", self.address)
    }

    /// Plans a cut; what is returned changes when it has come.
    ///
    /// # Panics
    /// When whoever held the plan panicked.
    pub fn plan(&self, cut: Cut) -> watch::Receiver<bool> {
        *self.state.cut.lock().expect(SOUND) = Some(cut);
        self.state.is_cut.subscribe()
    }

    /// Forgets a planned cut that has not come.
    ///
    /// # Panics
    /// When whoever held the plan panicked.
    pub fn spare(&self) {
        *self.state.cut.lock().expect(SOUND) = None;
    }

    /// Ends the transaction that may have been open when the wire was cut, as MongoDB does by itself after a minute.
    ///
    /// # Panics
    /// When the server does not answer.
    pub async fn end_transaction(&self) {
        let open = self.state.transaction.lock().expect(SOUND).clone();
        if let Some(id) = open.and_then(|session| session.get("id").cloned()) {
            let client = Client::with_uri_str(&self.server)
                .await
                .expect("a URI of MongoDB");
            let end = doc! { "killSessions": [{ "id": id }] };
            let ended = client.database("admin").run_command(end).await;
            ended.expect("an answer of MongoDB");
        }
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.state.is_cut.send_replace(true);
    }
}

impl State {
    async fn until_cut(self: Arc<Self>, work: impl Future<Output = ()>) {
        let mut is_cut = self.is_cut.subscribe();
        tokio::select! {
            _ = is_cut.wait_for(|is_cut| *is_cut) => {}
            () = work => {}
        }
    }

    /// What becomes of a message to the server.
    fn meet(&self, message: &[u8]) -> Passage {
        let Some(command) = command(message) else {
            return Passage::Free;
        };
        if command.get_bool("autocommit").is_ok_and(|autocommit| !autocommit) {
            *self.transaction.lock().expect(SOUND) = command.get_document("lsid").ok().cloned();
        }
        if !command
            .keys()
            .next()
            .is_some_and(|name| WRITES.contains(&name.as_str()))
        {
            return Passage::Free;
        }
        match &mut *self.cut.lock().expect(SOUND) {
            Some(Cut {
                after: 0,
                carried_out: true,
            }) => Passage::OneWay,
            Some(Cut {
                after: 0,
                carried_out: false,
            }) => Passage::None,
            Some(cut) => {
                cut.after -= 1;
                Passage::Free
            }
            None => Passage::Free,
        }
    }
}

enum Passage {
    Free,
    /// It arrives, and its answer does not.
    OneWay,
    None,
}

async fn carry(client: TcpStream, server: TcpStream, state: Arc<State>) {
    let _ = (client.set_nodelay(true), server.set_nodelay(true));
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let unanswered = AtomicI32::new(0);
    tokio::join!(
        requests(from_client, to_server, &state, &unanswered),
        answers(from_server, to_client, &state, &unanswered),
    );
}

async fn requests(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, unanswered: &AtomicI32) {
    while let Some(message) = read(&mut from).await {
        match state.meet(&message) {
            Passage::Free => {}
            Passage::OneWay => unanswered.store(number(&message, 4), Ordering::Release),
            Passage::None => {
                state.is_cut.send_replace(true);
                return;
            }
        }
        if to.write_all(&message).await.is_err() {
            return;
        }
    }
}

async fn answers(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, state: &State, unanswered: &AtomicI32) {
    while let Some(message) = read(&mut from).await {
        let answered = number(&message, 8);
        if answered != 0 && answered == unanswered.load(Ordering::Acquire) {
            state.is_cut.send_replace(true);
            return;
        }
        if to.write_all(&message).await.is_err() {
            return;
        }
    }
}

/// One whole message of MongoDB's wire protocol.
async fn read(from: &mut OwnedReadHalf) -> Option<Vec<u8>> {
    let mut message = vec![0; HEADER];
    from.read_exact(&mut message).await.ok()?;
    let length = usize::try_from(number(&message, 0)).ok()?;
    message.resize(length, 0);
    from.read_exact(&mut message[HEADER..]).await.ok()?;
    Some(message)
}

fn number(message: &[u8], at: usize) -> i32 {
    i32::from_le_bytes(message[at..at + 4].try_into().expect("four bytes"))
}

/// The command in a message: its section of kind 0, among the flags and sections of kind 1.
fn command(message: &[u8]) -> Option<Document> {
    if number(message, 12) != OP_MSG {
        return None;
    }
    let mut at = HEADER + 4;
    while *message.get(at)? == 1 {
        at += 1 + usize::try_from(number(message, at + 1)).ok()?;
    }
    Document::from_reader(&message[at + 1..]).ok()
}
