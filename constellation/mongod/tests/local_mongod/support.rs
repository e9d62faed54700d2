use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use constellation_mongod::{DataDir, LocalMongodOptions, Progress, testing};
use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection};

pub(crate) fn options(data: DataDir) -> LocalMongodOptions {
    LocalMongodOptions::new(data, testing::cache_dir())
}

/// Options, and what will be said under way.
pub(crate) fn listening(data: DataDir) -> (LocalMongodOptions, Said) {
    let said = Said::default();
    let ear = said.clone();
    (
        options(data).with_progress(move |progress| ear.0.lock().unwrap().push(progress)),
        said,
    )
}

#[derive(Clone, Default)]
pub(crate) struct Said(Arc<Mutex<Vec<Progress>>>);

impl Said {
    pub(crate) fn data_folder(&self) -> PathBuf {
        let said = self.0.lock().unwrap();
        let starting = said.iter().find_map(|progress| match progress {
            Progress::Starting { data, .. } => Some(data.clone()),
            _ => None,
        });
        starting.unwrap()
    }
}

async fn collection(uri: &str) -> Collection<Document> {
    Client::with_uri_str(uri)
        .await
        .unwrap()
        .database("test")
        .collection("numbers")
}

pub(crate) async fn insert(uri: &str, number: i32) {
    collection(uri)
        .await
        .insert_one(doc! { "_id": number })
        .await
        .unwrap();
}

pub(crate) async fn numbers(uri: &str) -> Vec<i32> {
    let mut cursor = collection(uri)
        .await
        .find(doc! {})
        .sort(doc! { "_id": 1 })
        .await
        .unwrap();
    let mut numbers = Vec::new();
    while cursor.advance().await.unwrap() {
        numbers.push(cursor.deserialize_current().unwrap().get_i32("_id").unwrap());
    }
    numbers
}

pub(crate) fn is_running(pid: u32) -> bool {
    signal("0", &pid.to_string())
}

/// Ends a process without giving it a say.
pub(crate) fn kill(pid: u32) {
    assert!(signal("KILL", &pid.to_string()));
}

/// Sends what Ctrl-C sends to every process of a group.
pub(crate) fn interrupt_group(leader: u32) {
    assert!(signal("INT", &format!("-{leader}")));
}

fn signal(signal: &str, to: &str) -> bool {
    let arguments = ["-c", r#"kill -s "$1" -- "$2" 2>/dev/null"#, "sh", signal, to];
    Command::new("/bin/sh")
        .args(arguments)
        .status()
        .unwrap()
        .success()
}

/// Waits for another process, which tells nobody when it is done.
pub(crate) fn until(what: &str, is_so: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !is_so() {
        assert!(Instant::now() < deadline, "waited 30 s in vain until {what}");
        std::thread::sleep(Duration::from_millis(10));
    }
}
