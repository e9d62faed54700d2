use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;
use std::time::Duration;

use constellation_auth::{KeyChangeError, KeyFile, KeyInfo, KeyState, KeyUse, Keys, KeysError};
use constellation_shared::clock::SystemClock;
use constellation_shared::entropy::SystemEntropy;
use constellation_testing::ManualClock;

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

const BOTH: [KeyUse; 2] = [KeyUse::Signing, KeyUse::Refresh];

/// A file of new keys, and a clock for whoever changes it.
struct Rotation {
    path: PathBuf,
    clock: ManualClock,
    file: KeyFile,
    _folder: tempfile::TempDir,
}

impl Rotation {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("keys.json");
        let clock = ManualClock::at("2100-01-31T12:00:00Z");
        Keys::read_or_generate(&path, &clock, &SystemEntropy)
            .map(drop)
            .unwrap();
        Self {
            file: KeyFile::at(&path),
            path,
            clock,
            _folder: folder,
        }
    }

    fn add(&self, used_for: KeyUse) -> Result<KeyInfo, KeyChangeError> {
        self.file.add(used_for, &self.clock, &SystemEntropy)
    }

    fn content(&self) -> String {
        std::fs::read_to_string(&self.path).unwrap()
    }

    /// The ids of the keys for this use in each state.
    fn ids(&self, used_for: KeyUse) -> [Vec<String>; 3] {
        let keys = self.file.list().unwrap();
        [KeyState::Next, KeyState::Current, KeyState::Previous].map(|state| {
            let keys = keys
                .iter()
                .filter(|key| key.used_for == used_for && key.state == state);
            keys.map(|key| key.id.clone()).collect()
        })
    }
}

#[test]
fn a_key_goes_from_next_to_current_to_previous_and_is_forgotten() {
    for used_for in BOTH {
        let rotation = Rotation::new();
        let [_, old, _] = rotation.ids(used_for);
        let new = rotation.add(used_for).unwrap().id;
        assert_eq!(rotation.ids(used_for), [vec![new.clone()], old.clone(), vec![]]);
        rotation.file.promote(used_for, true, &rotation.clock).unwrap();
        assert_eq!(rotation.ids(used_for), [vec![], vec![new.clone()], old.clone()]);
        rotation.file.retire(&old[0], true, &rotation.clock).unwrap();
        assert_eq!(rotation.ids(used_for), [vec![], vec![new.clone()], vec![]]);
        Keys::read(&rotation.path).map(drop).unwrap();
    }
}

#[test]
fn no_step_is_taken_before_everybody_is_ready_for_it() {
    let day = 24 * 60 * 60;
    // Ten minutes until all have read a key; then as long as what the old one made may live; and some seconds, because
    // clocks differ and the file is read every other second.
    for (used_for, promotable, retirable) in [
        (KeyUse::Signing, 612, 15 * 60 + 22),
        (KeyUse::Refresh, 612, 90 * day + 12),
    ] {
        let rotation = Rotation::new();
        let new = rotation.add(used_for).unwrap();
        rotation.clock.advance(Duration::from_secs(promotable - 1));
        let early = rotation.file.promote(used_for, false, &rotation.clock);
        assert!(
            matches!(early, Err(KeyChangeError::NotPublished(at)) if Some(at) == new.ripe_at),
            "{early:?}"
        );
        rotation.clock.advance(Duration::from_secs(1));
        assert_eq!(
            rotation
                .file
                .promote(used_for, false, &rotation.clock)
                .unwrap()
                .id,
            new.id
        );

        let [_, _, old] = rotation.ids(used_for);
        rotation.clock.advance(Duration::from_secs(retirable - 1));
        let early = rotation.file.retire(&old[0], false, &rotation.clock);
        assert!(matches!(early, Err(KeyChangeError::StillNeeded(_))), "{early:?}");
        assert_eq!(rotation.ids(used_for)[2], old);
        rotation.clock.advance(Duration::from_secs(1));
        assert_eq!(
            rotation.file.retire(&old[0], false, &rotation.clock).unwrap().id,
            old[0]
        );
    }
}

#[test]
fn what_makes_no_sense_is_refused_and_changes_nothing() {
    let rotation = Rotation::new();
    let before = rotation.content();
    for used_for in BOTH {
        let [_, current, _] = rotation.ids(used_for);
        let none = rotation.file.promote(used_for, true, &rotation.clock);
        assert!(matches!(none, Err(KeyChangeError::NoNext(_))), "{none:?}");
        let in_use = rotation.file.retire(&current[0], true, &rotation.clock);
        assert!(matches!(in_use, Err(KeyChangeError::InUse)), "{in_use:?}");
    }
    let unknown = rotation.file.retire("another", true, &rotation.clock);
    assert!(matches!(unknown, Err(KeyChangeError::Unknown(_))), "{unknown:?}");
    assert_eq!(rotation.content(), before);

    let next = rotation.add(KeyUse::Signing).unwrap();
    let second = rotation.add(KeyUse::Signing);
    assert!(
        matches!(second, Err(KeyChangeError::NextAlready(_))),
        "{second:?}"
    );
    // A key that was never used can go at once.
    rotation.file.retire(&next.id, false, &rotation.clock).unwrap();
    assert_eq!(rotation.ids(KeyUse::Signing)[0], Vec::<String>::new());
}

#[test]
fn a_changed_file_is_its_owners_only_and_a_link_to_it_stays_one() {
    let rotation = Rotation::new();
    let link = rotation.path.with_file_name("link.json");
    std::os::unix::fs::symlink(&rotation.path, &link).unwrap();
    KeyFile::at(&link)
        .add(KeyUse::Signing, &rotation.clock, &SystemEntropy)
        .unwrap();
    assert!(std::fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(rotation.ids(KeyUse::Signing)[0].len(), 1);
    assert_eq!(
        std::fs::metadata(&rotation.path).unwrap().permissions().mode() & 0o777,
        0o600
    );
}

#[test]
fn nothing_that_is_told_of_a_key_is_secret() {
    let rotation = Rotation::new();
    for used_for in BOTH {
        rotation.add(used_for).unwrap();
    }
    let told = format!("{:?}", rotation.file.list().unwrap());
    let file: serde_json::Value = serde_json::from_str(&rotation.content()).unwrap();
    for list in ["signing", "refresh"] {
        for key in file[list].as_array().unwrap() {
            let lines = key["secret"].as_str().unwrap().lines();
            for secret in lines.filter(|line| !line.starts_with("-----")) {
                assert!(!told.contains(&secret[..16]), "{told}");
            }
        }
    }
}

#[test]
fn of_many_who_change_the_keys_at_once_none_undoes_anothers_change() {
    let rotation = Rotation::new();
    // Everybody adds, promotes and goes on: each key that somebody was told of must be there in the end.
    let made: Vec<String> = std::thread::scope(|scope| {
        let writers: Vec<_> = (0..8)
            .map(|_| {
                scope.spawn(|| {
                    let mut made = Vec::new();
                    for _ in 0..5 {
                        made.extend(rotation.add(KeyUse::Refresh).ok().map(|key| key.id));
                        let _ = rotation.file.promote(KeyUse::Refresh, true, &rotation.clock);
                    }
                    made
                })
            })
            .collect();
        writers
            .into_iter()
            .flat_map(|writer| writer.join().unwrap())
            .collect()
    });
    assert!(!made.is_empty());
    let there = rotation.ids(KeyUse::Refresh).concat();
    for id in made {
        assert!(there.contains(&id), "{id} was lost");
    }
}

#[test]
fn a_broken_file_is_not_rewritten() {
    let rotation = Rotation::new();
    let broken = rotation.content().replace("PRIVATE KEY", "SECRET KEY");
    std::fs::write(&rotation.path, &broken).unwrap();
    let refused = rotation.add(KeyUse::Signing);
    assert!(
        matches!(refused, Err(KeyChangeError::File(KeysError::Malformed { .. }))),
        "{refused:?}"
    );
    assert_eq!(rotation.content(), broken);
}
