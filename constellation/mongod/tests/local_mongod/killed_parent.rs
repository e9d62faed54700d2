//! A server ends with the program that started it, also if that is killed, and not before. The program is this
//! test program, started again to run only [`parent`].

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::support::{insert, interrupt_group, is_running, listening, numbers, options, until};
use constellation_mongod::{DataDir, LocalMongod};
use tokio::signal::unix::{SignalKind, signal};

/// The folder in which the parent keeps its data: none for an ephemeral server. Only a parent has it.
const DATA: &str = "CONSTELLATION_TEST_PARENT_DATA";

#[tokio::test]
#[ignore = "the tests below start it, in a process of its own"]
async fn parent() {
    let Some(data) = std::env::var_os(DATA) else {
        return;
    };
    let data = if data.is_empty() {
        DataDir::Ephemeral
    } else {
        DataDir::Kept(data.into())
    };
    let (options, said) = listening(data);
    let mongod = LocalMongod::start(options).await.unwrap();
    // It listens before it says that it is there, since a test interrupts it the moment it does.
    let mut interrupts = signal(SignalKind::interrupt()).unwrap();
    eprintln!(
        "{} {} {}",
        mongod.pid(),
        mongod.uri(),
        said.data_folder().display()
    );
    interrupts.recv().await.unwrap();
    insert(mongod.uri(), 1).await;
    mongod.stop().await.unwrap();
}

struct Parent {
    process: Child,
    server: u32,
    uri: String,
    folder: PathBuf,
}

impl Parent {
    fn start(data: Option<&Path>) -> Self {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "killed_parent::parent", "--ignored", "--nocapture"])
            .env(DATA, data.unwrap_or(Path::new("")))
            .process_group(0)
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(process.stderr.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let [server, uri, folder] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            panic!("{line}")
        };
        Self {
            process,
            server: server.parse().unwrap(),
            uri: uri.to_owned(),
            folder: folder.into(),
        }
    }

    /// What `kill -9` does.
    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        // A failed test leaves it running.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
fn an_ephemeral_server_ends_with_its_killed_parent_and_leaves_nothing_behind() {
    let mut parent = Parent::start(None);
    assert!(is_running(parent.server) && parent.folder.exists());

    parent.kill();

    until("the server has ended", || !is_running(parent.server));
    until("its folder is gone", || !parent.folder.exists());
}

#[tokio::test]
async fn a_kept_server_is_shut_down_cleanly_when_its_parent_is_killed() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Parent::start(Some(folder.path()));
    insert(&parent.uri, 1).await;

    parent.kill();

    until("the server has ended", || !is_running(parent.server));
    let log = std::fs::read_to_string(parent.folder.join("mongod.log")).unwrap();
    assert!(
        log.lines()
            .last()
            .unwrap()
            .contains(r#""msg":"Shutting down","attr":{"exitCode":0}"#)
    );
}

#[tokio::test]
async fn a_killed_program_can_be_started_again_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Parent::start(Some(folder.path()));
    insert(&parent.uri, 1).await;

    parent.kill();
    let again = LocalMongod::start(options(DataDir::Kept(folder.path().to_owned())))
        .await
        .unwrap();

    assert!(!is_running(parent.server));
    assert_eq!(numbers(again.uri()).await, [1]);
    again.stop().await.unwrap();
}

#[tokio::test]
async fn a_program_can_finish_its_work_after_a_ctrl_c_in_its_terminal() {
    let folder = tempfile::tempdir().unwrap();
    let mut parent = Parent::start(Some(folder.path()));

    // What a terminal does: it tells the program and every process that runs in the foreground with it.
    interrupt_group(parent.process.id());

    assert!(parent.process.wait().unwrap().success());
    assert!(!is_running(parent.server));
    let again = LocalMongod::start(options(DataDir::Kept(folder.path().to_owned())))
        .await
        .unwrap();
    assert_eq!(numbers(again.uri()).await, [1]);
    again.stop().await.unwrap();
}
