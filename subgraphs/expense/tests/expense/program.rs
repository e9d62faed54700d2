use std::process::Stdio;

use constellation_shared::id::UserId;
use constellation_testing::TokenForge;
use tokio::io::{AsyncBufReadExt as _, BufReader};
use tokio::process::Command;

fn program() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_constellation-expense"));
    command
        .env_clear()
        .stderr(Stdio::piped())
        .stdout(Stdio::null())
        .kill_on_drop(true);
    command
}

#[tokio::test]
async fn a_wrong_setting_ends_the_program_with_its_name() {
    let cases = [
        (vec![], "MONGODB_URI"),
        (vec![("MONGODB_URI", "not a uri")], "MONGODB_URI"),
        (
            vec![
                ("MONGODB_URI", "mongodb://127.0.0.1:1"),
                ("EXPENSE_LISTEN", "here"),
            ],
            "EXPENSE_LISTEN",
        ),
        (
            vec![(
                "MONGODB_URI",
                "mongodb://127.0.0.1:1/?serverSelectionTimeoutMS=50&connectTimeoutMS=50",
            )],
            "MONGODB_URI cannot be reached",
        ),
    ];
    for (settings, named) in cases {
        let output = program().envs(settings).output().await.unwrap();
        assert!(!output.status.success());
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(message.contains(named), "{message}");
        assert!(!message.contains("panicked"), "{message}");
    }
}

#[tokio::test]
async fn the_program_serves_until_it_is_told_to_stop() {
    let place = constellation_mongod::testing::database().await;
    let forge = TokenForge::new(1).naming("https://auth.constellation.local", "constellation");
    let keys = std::env::temp_dir().join(format!("{}-jwks.json", place.name));
    std::fs::write(&keys, forge.jwks()).unwrap();
    let mut child = program()
        .env("MONGODB_URI", &place.uri)
        .env("EXPENSE_DATABASE", &place.name)
        .env("EXPENSE_LISTEN", "127.0.0.1:0")
        .env("JWKS_LOCATION", &keys)
        .env("ENDED_SESSIONS_LOCATION", "none")
        .env("ERASED_ACCOUNTS_LOCATION", "none")
        .env("LOG_FORMAT", "json")
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let address = loop {
        let line = lines
            .next_line()
            .await
            .unwrap()
            .expect("the program says where it listens");
        let line: serde_json::Value = serde_json::from_str(&line).unwrap();
        if let Some(address) = line["address"].as_str() {
            break address.to_owned();
        }
    };
    let http = reqwest::Client::new();
    let get = async |path: &str| http.get(format!("http://{address}{path}")).send().await.unwrap();
    assert_eq!(get("/health").await.status(), 200);
    // The keys are read in the background; a request waits for nothing, so the question is repeated until they are.
    while get("/ready").await.status() != 200 {
        tokio::task::yield_now().await;
    }
    let token = forge.bearer(UserId::from_uuid(uuid::Uuid::from_u128(7)));
    let request = http
        .post(format!("http://{address}/graphql"))
        .header("authorization", token);
    let answer = request
        .body(r#"{"query":"{ expense(id: \"none\") { id } }"}"#)
        .header("content-type", "application/json");
    let answer: serde_json::Value = answer.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["errors"][0]["extensions"]["code"], "NOT_FOUND");

    let pid = child.id().unwrap().to_string();
    assert!(
        Command::new("kill")
            .args(["-TERM", &pid])
            .status()
            .await
            .unwrap()
            .success()
    );
    assert!(child.wait().await.unwrap().success());
    std::fs::remove_file(keys).unwrap();
}
