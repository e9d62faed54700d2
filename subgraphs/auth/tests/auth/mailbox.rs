//! Where mails arrive: a folder, or a real SMTP server on loopback.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use constellation_auth::MailSettings;
use mail_parser::{MessageParser, MimeHeaders as _};
use mailin::{Action, Handler, Response, SessionBuilder};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

/// A mail as a mail program shows it.
#[derive(Debug, Clone)]
pub(crate) struct Received {
    pub(crate) id: String,
    pub(crate) from: String,
    pub(crate) to: String,
    pub(crate) subject: String,
    pub(crate) plain: String,
    pub(crate) html: String,
}

impl Received {
    pub(crate) fn parse(mail: &[u8]) -> Self {
        let mail = MessageParser::default().parse(mail).unwrap();
        let types: Vec<_> = mail
            .parts
            .iter()
            .filter_map(|part| part.content_type())
            .map(|kind| format!("{}/{}", kind.ctype(), kind.subtype().unwrap()))
            .collect();
        assert_eq!(types, ["multipart/alternative", "text/plain", "text/html"]);
        let address = |address: Option<&mail_parser::Address<'_>>| {
            address.unwrap().first().unwrap().address().unwrap().to_owned()
        };
        Self {
            id: mail.message_id().unwrap().to_owned(),
            from: address(mail.from()),
            to: address(mail.to()),
            subject: mail.subject().unwrap().to_owned(),
            plain: mail.body_text(0).unwrap().into_owned(),
            html: mail.body_html(0).unwrap().into_owned(),
        }
    }

    /// The link, which both texts have.
    pub(crate) fn link(&self) -> String {
        let link = self.plain.lines().find(|line| line.starts_with("http")).unwrap();
        assert!(self.html.contains(&format!("href=\"{link}\"")), "{}", self.html);
        link.to_owned()
    }

    /// The token in the link.
    pub(crate) fn token(&self) -> String {
        self.link().split_once("?token=").unwrap().1.to_owned()
    }
}

/// All mails in a folder, in the order in which they were asked for.
pub(crate) fn in_folder(folder: &Path) -> Vec<Received> {
    let files: BTreeMap<_, _> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.clone(), Received::parse(&std::fs::read(path).unwrap())))
        .collect();
    files.into_values().collect()
}

/// The latest mail in a folder with these words in its subject.
pub(crate) fn latest(folder: &Path, subject: &str) -> Received {
    let mails = in_folder(folder);
    let found = mails.iter().rev().find(|mail| mail.subject.contains(subject));
    found
        .unwrap_or_else(|| panic!("no mail about {subject}: {mails:?}"))
        .clone()
}

/// An SMTP server.
pub(crate) struct SmtpServer {
    address: std::net::SocketAddr,
    up: Arc<AtomicBool>,
    arrived: UnboundedReceiver<Received>,
}

impl SmtpServer {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (post, arrived) = unbounded_channel();
        let up = Arc::new(AtomicBool::new(true));
        let server = Self {
            address: listener.local_addr().unwrap(),
            up: Arc::clone(&up),
            arrived,
        };
        tokio::spawn(async move {
            while let Ok((connection, peer)) = listener.accept().await {
                // A server that is down hangs up at once.
                if up.load(Ordering::SeqCst) {
                    tokio::spawn(talk(connection, peer.ip(), post.clone(), Arc::clone(&up)));
                }
            }
        });
        server
    }

    pub(crate) fn settings(&self) -> MailSettings {
        MailSettings {
            smtp_url: Some(format!("smtp://{}", self.address).parse().unwrap()),
            mail_from: Some("Our family <family@example.org>".parse().unwrap()),
            app_url: Some("https://app.example.org".parse().unwrap()),
            ..Default::default()
        }
    }

    pub(crate) fn go_down(&self) {
        self.up.store(false, Ordering::SeqCst);
    }

    pub(crate) fn come_up(&self) {
        self.up.store(true, Ordering::SeqCst);
    }

    /// What has arrived.
    pub(crate) fn mails(&mut self) -> Vec<Received> {
        std::iter::from_fn(|| self.arrived.try_recv().ok()).collect()
    }

    /// Waits for the next mail.
    pub(crate) async fn next(&mut self) -> Received {
        self.arrived.recv().await.unwrap()
    }
}

/// One mailbox that this server does not have.
pub(crate) const NOBODY: &str = "nobody@example.org";

struct Inbox {
    mail: Vec<u8>,
    post: UnboundedSender<Received>,
}

impl Handler for Inbox {
    fn rcpt(&mut self, to: &str) -> Response {
        if to == NOBODY {
            mailin::response::NO_MAILBOX
        } else {
            mailin::response::OK
        }
    }

    fn data(&mut self, part: &[u8]) -> std::io::Result<()> {
        self.mail.extend_from_slice(part);
        Ok(())
    }

    fn data_end(&mut self) -> Response {
        // A test that has ended needs no mail any more.
        let _ = self.post.send(Received::parse(&std::mem::take(&mut self.mail)));
        mailin::response::OK
    }
}

async fn talk(connection: TcpStream, peer: IpAddr, post: UnboundedSender<Received>, up: Arc<AtomicBool>) {
    let inbox = Inbox {
        mail: Vec::new(),
        post,
    };
    let mut session = SessionBuilder::new("mail.example.org").build(peer, inbox);
    let (read, mut write) = connection.into_split();
    let mut read = BufReader::new(read);
    let mut response = session.greeting();
    let mut line = Vec::new();
    loop {
        if response.action != Action::NoReply {
            write.write_all(&response.buffer().unwrap()).await.unwrap();
        }
        line.clear();
        let closed =
            response.action == Action::Close || read.read_until(b'\n', &mut line).await.unwrap_or(0) == 0;
        if closed || !up.load(Ordering::SeqCst) {
            return;
        }
        response = session.process(&line);
    }
}
