//! The small shell script that keeps the promise that no server outlives its program.
//!
//! A parent-death signal would follow the thread that started the server, not the process, and needs
//! unsafe code. A pipe whose other end the system closes when this process ends, in whatever way, needs neither.

use std::ffi::OsString;
use std::fs::File;
use std::io;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::sync::watch;

const SCRIPT: &str = include_str!("supervisor.sh");

/// How long a server may take to stop. Its journal makes it safe to kill it then.
const STOPPED_WITHIN: Duration = Duration::from_mins(1);

/// The signal that ends a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Signal {
    /// The server writes its data first.
    Term,
    /// The server has no time to write anything.
    Kill,
}

impl Signal {
    fn name(self) -> &'static str {
        match self {
            Self::Term => "TERM",
            Self::Kill => "KILL",
        }
    }
}

/// How a server ended: the shell's exit status for it, unknown if the shell itself was killed.
pub(crate) type Status = Option<i32>;

/// A running shell with a server below it. When this is dropped, the server is ended, in the background.
#[derive(Debug)]
pub(crate) struct Supervisor {
    shell: Child,
    orders: ChildStdin,
    ended: watch::Receiver<Option<Status>>,
    server: u32,
    signal: Signal,
}

impl Supervisor {
    /// Starts `program`, with its output going to `log`. If this process ends, the server gets `signal`, and
    /// `scratch` is removed.
    pub(crate) async fn start(
        program: &Path,
        arguments: Vec<OsString>,
        signal: Signal,
        scratch: Option<&Path>,
        log: File,
    ) -> io::Result<Self> {
        let mut command = Command::new("/bin/sh");
        command
            .args(["-c", SCRIPT, "constellation-mongod", signal.name()])
            .arg(scratch.unwrap_or(Path::new("")))
            .arg(program)
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(log)
            // A terminal's Ctrl-C is for the program, whose last requests still need the server.
            .process_group(0);
        let mut shell = command.spawn()?;
        let (Some(orders), Some(events)) = (shell.stdin.take(), shell.stdout.take()) else {
            return Err(io::Error::other("it was started without its pipes"));
        };

        let mut events = BufReader::new(events).lines();
        let Some(server) = next(&mut events, "started").await else {
            return Err(io::Error::other("it ended before it started the server"));
        };
        let (tell, ended) = watch::channel(None);
        tokio::spawn(async move {
            let status = next(&mut events, "ended").await;
            tell.send_replace(Some(status));
        });
        Ok(Self {
            shell,
            orders,
            ended,
            server,
            signal,
        })
    }

    /// The server's process id.
    pub(crate) fn server(&self) -> u32 {
        self.server
    }

    /// Waits until the server has ended.
    pub(crate) async fn ended(&self) -> Status {
        let mut ended = self.ended.clone();
        match ended.wait_for(Option::is_some).await {
            Ok(status) => status.flatten(),
            // The runtime that this belongs to is being shut down.
            Err(_) => None,
        }
    }

    /// Ends the server and waits until it is gone, with its scratch folder.
    pub(crate) async fn end(mut self) -> Status {
        self.send(self.signal).await;
        if tokio::time::timeout(STOPPED_WITHIN, self.ended()).await.is_err() {
            self.send(Signal::Kill).await;
        }
        let status = self.ended().await;
        drop(self.orders);
        // How the shell ends says nothing more.
        let _ = self.shell.wait().await;
        status
    }

    async fn send(&mut self, signal: Signal) {
        let order = format!("{}\n", signal.name());
        // It fails if there is no reader any more, and so no server either.
        let _ = self.orders.write_all(order.as_bytes()).await;
    }
}

/// The number in the next line, if that line is about `event`.
async fn next<T: std::str::FromStr>(events: &mut Lines<BufReader<ChildStdout>>, event: &str) -> Option<T> {
    let line = events.next_line().await.ok()??;
    line.strip_prefix(event)?.trim().parse().ok()
}
