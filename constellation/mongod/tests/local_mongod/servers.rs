//! What a server that was started here is good for.

use std::time::Duration;

use super::support::{insert, is_running, kill, listening, numbers, options, until};
use constellation_mongod::{DataDir, LocalMongod, LocalMongodError, LocalMongodOptions, testing};
use mongodb::bson::{Document, doc};

#[tokio::test]
async fn an_ephemeral_server_has_transactions() {
    let database = testing::database().await.connect().await;
    let (accounts, journal) = (
        database.collection::<Document>("accounts"),
        database.collection::<Document>("journal"),
    );
    let mut session = database.client().start_session().await.unwrap();

    session.start_transaction().await.unwrap();
    accounts
        .insert_one(doc! { "_id": 1 })
        .session(&mut session)
        .await
        .unwrap();
    journal
        .insert_one(doc! { "_id": 1 })
        .session(&mut session)
        .await
        .unwrap();
    session.abort_transaction().await.unwrap();
    assert_eq!(accounts.count_documents(doc! {}).await.unwrap(), 0);

    session.start_transaction().await.unwrap();
    accounts
        .insert_one(doc! { "_id": 1 })
        .session(&mut session)
        .await
        .unwrap();
    journal
        .insert_one(doc! { "_id": 1 })
        .session(&mut session)
        .await
        .unwrap();
    session.commit_transaction().await.unwrap();
    assert_eq!(accounts.count_documents(doc! {}).await.unwrap(), 1);
    assert_eq!(journal.count_documents(doc! {}).await.unwrap(), 1);
}

#[tokio::test]
async fn a_stopped_ephemeral_server_leaves_nothing_behind() {
    let (options, said) = listening(DataDir::Ephemeral);
    let mongod = LocalMongod::start(options).await.unwrap();
    let (pid, folder) = (mongod.pid(), said.data_folder());
    assert!(is_running(pid) && folder.exists());

    mongod.stop().await.unwrap();

    assert!(!is_running(pid));
    assert!(!folder.exists());
}

#[tokio::test]
async fn a_dropped_server_ends_and_leaves_nothing_behind() {
    let (options, said) = listening(DataDir::Ephemeral);
    let mongod = LocalMongod::start(options).await.unwrap();
    let (pid, folder) = (mongod.pid(), said.data_folder());

    drop(mongod);

    until("the server has ended", || !is_running(pid));
    until("its folder is gone", || !folder.exists());
}

#[tokio::test]
async fn kept_data_outlives_the_server_although_the_next_one_has_another_port() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || options(DataDir::Kept(folder.path().join("data")));

    let first = LocalMongod::start(kept()).await.unwrap();
    let first_uri = first.uri().to_owned();
    insert(&first_uri, 1).await;
    first.stop().await.unwrap();

    let second = LocalMongod::start(kept()).await.unwrap();
    assert_ne!(second.uri(), first_uri);
    assert_eq!(numbers(second.uri()).await, [1]);
    insert(second.uri(), 2).await;
    second.stop().await.unwrap();

    let third = LocalMongod::start(kept()).await.unwrap();
    assert_eq!(numbers(third.uri()).await, [1, 2]);
    third.stop().await.unwrap();
}

#[tokio::test]
async fn a_data_folder_is_used_by_one_program_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let kept = || options(DataDir::Kept(folder.path().to_owned()));
    let first = LocalMongod::start(kept()).await.unwrap();

    let error = LocalMongod::start(kept()).await.unwrap_err();

    assert!(
        matches!(&error, LocalMongodError::DataFolderInUse { holder, .. } if *holder == Some(std::process::id())),
        "{error:?}"
    );
    assert!(
        error.to_string().contains(&folder.path().display().to_string()),
        "{error}"
    );
    insert(first.uri(), 1).await;
    first.stop().await.unwrap();
}

#[tokio::test]
async fn a_data_folder_that_cannot_be_made_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("file");
    std::fs::write(&file, "").unwrap();

    let error = LocalMongod::start(options(DataDir::Kept(file.join("data"))))
        .await
        .unwrap_err();

    assert!(error.to_string().contains(&file.display().to_string()), "{error}");
}

#[tokio::test]
async fn data_that_the_server_cannot_read_is_reported_with_the_servers_own_words() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("storage.bson"), "not BSON").unwrap();

    let error = LocalMongod::start(options(DataDir::Kept(folder.path().to_owned())))
        .await
        .unwrap_err();

    let text = error.to_string();
    assert!(
        matches!(error, LocalMongodError::Ended { code: Some(_), .. }),
        "{error:?}"
    );
    assert!(
        text.contains("Unable to read the storage engine metadata file") && text.contains("mongod.log"),
        "{text}"
    );
}

#[tokio::test]
async fn a_server_that_dies_is_noticed() {
    let mongod = LocalMongod::start(options(DataDir::Ephemeral)).await.unwrap();

    kill(mongod.pid());
    let error = tokio::time::timeout(Duration::from_secs(30), mongod.exited())
        .await
        .unwrap();

    assert!(
        matches!(error, LocalMongodError::Ended { code: Some(137), .. }),
        "{error:?}"
    );
    assert!(error.to_string().contains("MongoDB stopped by itself"), "{error}");
}

#[tokio::test]
async fn without_a_server_and_without_pip_the_error_names_the_ways_out() {
    let empty = tempfile::tempdir().unwrap();
    let options = LocalMongodOptions::new(DataDir::Ephemeral, empty.path().join("cache"))
        .with_search_path(empty.path());

    let error = LocalMongod::start(options).await.unwrap_err();

    let text = error.to_string();
    assert!(matches!(error, LocalMongodError::NoServer { .. }), "{error:?}");
    for way in [
        "install MongoDB 6.0 or newer",
        "`docker compose up`",
        "MONGODB_URI",
    ] {
        assert!(text.contains(way), "{text}");
    }
}
