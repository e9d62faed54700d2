//! The operator's command for accounts, beside a backend that runs.

use std::process::{Command, Output};

use serde_json::{Value, json};

use super::running::{cache, constellation};
use crate::support::{PASSWORD, Stack, post};

fn users(home: &std::path::Path, arguments: &[&str]) -> Output {
    Command::new(env!("CARGO_BIN_EXE_tested-constellation"))
        .arg("users")
        .args(arguments)
        .env_remove("MONGODB_URI")
        .env("CONSTELLATION_HOME", home)
        .env("CONSTELLATION_CACHE_DIR", cache())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}

#[tokio::test]
async fn an_operator_disables_an_account_while_everything_runs_and_also_when_nothing_does() {
    let home = tempfile::tempdir().unwrap();
    let (program, router) = constellation(home.path()).await;
    let stack = Stack::at(&router);
    let ana = stack.newcomer("Ana").await;
    let listed = said(&users(home.path(), &["list", "--email", &ana.email[..9]]));
    assert!(
        listed.contains(&ana.id) && listed.contains(&ana.email),
        "{listed}"
    );

    let disabled = said(&users(home.path(), &["disable", &ana.email]));
    assert!(
        disabled.contains(&ana.id) && disabled.contains("disabled"),
        "{disabled}"
    );
    let sign_in = async || -> Value {
        let query = "mutation($input: LoginInput!) { login(input: $input) { userErrors { code } } }";
        let input = json!({ "input": { "email": ana.email, "password": PASSWORD } });
        post(&router, None, query, input).await.data()["login"]["userErrors"].clone()
    };
    assert_eq!(sign_in().await, json!([{ "code": "ACCOUNT_DISABLED" }]));
    // The program that runs has not been told by anybody but its database.
    while stack.ask(&ana, "{ __typename }", json!({})).await.status != 401 {
        tokio::task::yield_now().await;
    }

    program.signal("TERM");
    let _ = tokio::task::spawn_blocking(move || program.wait()).await.unwrap();
    let enabled = said(&users(home.path(), &["enable", &ana.id]));
    assert!(enabled.contains("enabled"), "{enabled}");
}

#[test]
fn what_cannot_be_done_is_said_with_a_status() {
    let home = tempfile::tempdir().unwrap();
    let unknown = users(home.path(), &["disable", "nobody@example.org"]);
    assert_eq!(unknown.status.code(), Some(1));
    let message = String::from_utf8(unknown.stderr).unwrap();
    assert!(message.contains("error: there is no such account"), "{message}");
    let wrong = users(home.path(), &["disable", "no body"]);
    assert_eq!(wrong.status.code(), Some(2));
}
