use std::os::unix::fs::PermissionsExt as _;

use constellation_auth::{Keys, KeysError};
use constellation_shared::clock::SystemClock;
use constellation_shared::entropy::SystemEntropy;

#[test]
fn new_keys_are_for_their_owner_only_and_are_kept() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("deeper/keys.json");
    Keys::read_or_generate(&path, &SystemClock, &SystemEntropy)
        .map(drop)
        .unwrap();
    let made = std::fs::read(&path).unwrap();
    assert_eq!(
        std::fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    Keys::read_or_generate(&path, &SystemClock, &SystemEntropy)
        .map(drop)
        .unwrap();
    assert_eq!(std::fs::read(&path).unwrap(), made);
}

#[test]
fn a_broken_file_of_keys_is_refused_by_name_and_without_repeating_it() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("keys.json");
    Keys::read_or_generate(&path, &SystemClock, &SystemEntropy)
        .map(drop)
        .unwrap();
    let good = std::fs::read_to_string(&path).unwrap();
    let secret = good
        .split("secret\": \"")
        .nth(2)
        .unwrap()
        .split('"')
        .next()
        .unwrap()
        .to_owned();

    for broken in [
        good.replace("current", "next"),
        good.replace("PRIVATE KEY", "SECRET KEY"),
        good.replace(&secret, &secret[1..]),
        good.replace("\"state\"", "\"status\""),
        good[..good.len() / 2].to_owned(),
    ] {
        std::fs::write(&path, broken).unwrap();
        let error = Keys::read(&path).map(drop).unwrap_err();
        assert!(matches!(error, KeysError::Malformed { .. }), "{error}");
        let message = error.to_string();
        assert!(message.contains("AUTH_KEYS_FILE"), "{message}");
        assert!(!message.contains(&secret[2..]), "{message}");
    }
}
