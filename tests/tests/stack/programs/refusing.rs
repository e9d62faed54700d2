//! What cannot work is said at once, in one message that names the setting, and with a status that is not zero.

use std::net::TcpListener;

use crate::support::Program;

const CONSTELLATION: &str = env!("CARGO_BIN_EXE_tested-constellation");
const AUTH: &str = env!("CARGO_BIN_EXE_tested-auth");
const EXPENSE: &str = env!("CARGO_BIN_EXE_tested-expense");
const ROUTER: &str = env!("CARGO_BIN_EXE_tested-router");

/// Nothing listens there.
const NOWHERE: &str = "mongodb://127.0.0.1:9/?serverSelectionTimeoutMS=300";

#[track_caller]
fn refuses(program: &str, variables: &[(&str, &str)], setting: &str) {
    let (status, said) = Program::start(program, &[], variables).wait();
    assert!(!status.success(), "it started with {variables:?}");
    let message = said
        .lines()
        .find(|line| line.starts_with("error"))
        .unwrap_or_default();
    assert!(said.contains(setting), "{setting} is not named: {said}");
    assert!(!message.is_empty(), "no message: {said}");
    for internal in ["panicked", "RUST_BACKTRACE", ".rs:", "Os {"] {
        assert!(!said.contains(internal), "{internal}: {said}");
    }
}

#[test]
fn a_port_in_use_is_named_with_its_setting() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    for setting in ["ROUTER_LISTEN", "AUTH_LISTEN", "EXPENSE_LISTEN"] {
        let mut variables = vec![("CONSTELLATION_HOME", home)];
        for other in ["ROUTER_LISTEN", "AUTH_LISTEN", "EXPENSE_LISTEN"] {
            variables.push((other, if other == setting { &address } else { "127.0.0.1:0" }));
        }
        refuses(CONSTELLATION, &variables, setting);
    }
    refuses(ROUTER, &[("ROUTER_LISTEN", &address)], "ROUTER_LISTEN");
}

#[test]
fn an_unreachable_database_is_named_with_its_setting_and_without_its_password() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path().to_str().unwrap();
    let secret = NOWHERE.replace("//", "//ana:s3cret-word@");
    let keys = tempfile::tempdir().unwrap();
    let keys = keys.path().join("keys.json");
    let all = [
        ("CONSTELLATION_HOME", home),
        ("ROUTER_LISTEN", "127.0.0.1:0"),
        ("AUTH_LISTEN", "127.0.0.1:0"),
        ("EXPENSE_LISTEN", "127.0.0.1:0"),
        ("AUTH_KEYS_FILE", keys.to_str().unwrap()),
        ("AUTH_GENERATE_KEYS", "true"),
        ("MONGODB_URI", &secret),
    ];
    for program in [CONSTELLATION, AUTH, EXPENSE] {
        let (status, said) = Program::start(program, &[], &all).wait();
        assert!(!status.success() && said.contains("MONGODB_URI"), "{said}");
        assert!(!said.contains("s3cret-word"), "{said}");
    }
    refuses(
        AUTH,
        &[
            ("AUTH_KEYS_FILE", keys.to_str().unwrap()),
            ("MONGODB_URI", "nonsense"),
        ],
        "MONGODB_URI",
    );
}

#[test]
fn a_wrong_or_missing_setting_is_named() {
    refuses(AUTH, &[("MONGODB_URI", NOWHERE)], "AUTH_KEYS_FILE");
    refuses(
        AUTH,
        &[("MONGODB_URI", NOWHERE), ("AUTH_KEYS_FILE", "/nowhere/keys.json")],
        "AUTH_KEYS_FILE",
    );
    refuses(EXPENSE, &[], "MONGODB_URI");
    refuses(
        EXPENSE,
        &[("MONGODB_URI", NOWHERE), ("EXPENSE_LISTEN", "here")],
        "EXPENSE_LISTEN",
    );
    refuses(
        EXPENSE,
        &[("MONGODB_URI", NOWHERE), ("JWKS_LOCATION", "ftp://keys")],
        "JWKS_LOCATION",
    );
    refuses(EXPENSE, &[("MONGODB_URI", NOWHERE), ("LOG", "a=b=c")], "LOG");
    refuses(
        ROUTER,
        &[
            ("ROUTER_LISTEN", "127.0.0.1:0"),
            ("ROUTER_SUPERGRAPH", "/nowhere.graphql"),
        ],
        "ROUTER_SUPERGRAPH",
    );
    refuses(
        ROUTER,
        &[("ROUTER_INTROSPECTION", "perhaps")],
        "ROUTER_INTROSPECTION",
    );
    refuses(
        CONSTELLATION,
        &[("PASSWORD_MIN_LENGTH", "4")],
        "PASSWORD_MIN_LENGTH",
    );
}
