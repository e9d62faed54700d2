use std::sync::Arc;

use constellation_shared::auth::{EndedSessions, KeyRing, KeySet};
use constellation_shared::clock::Clock as _;
use constellation_testing::{ISSUER, ManualClock};

use crate::tokens::{FORGE, NOW};
use crate::two;

/// A feed of ended sessions: a header, a line feed and claims, signed by our own key; or, without a line feed, any text in
/// its place.
///
/// # Panics
/// When what it tells is not believed, or makes a later question fail.
pub fn ended_sessions(data: &[u8]) {
    let Ok(keys) = KeySet::from_jwks(FORGE.jwks().as_bytes()) else {
        panic!("the forge's keys can be read");
    };
    let keys = KeyRing::of(keys);
    let clock = Arc::new(ManualClock::at(NOW));
    let text = if data.contains(&b'\n') {
        let (header, claims) = two(data);
        let kid = FORGE.header().kid.unwrap_or_default();
        let header = String::from_utf8_lossy(header).replace("{}", &kid);
        FORGE.sign_bytes(header.as_bytes(), claims).into_bytes()
    } else {
        data.to_owned()
    };
    let Ok(feed) = constellation_shared::auth::open_feed(&text, &keys, ISSUER, clock.now()) else {
        return;
    };
    assert_eq!(feed.iss, ISSUER);
    let ended = EndedSessions::default();
    ended.absorb(feed.iat, &feed.sessions, &feed.households, clock.now());
    ended.absorb(feed.iat, &feed.sessions, &feed.households, clock.now());
    let _ = ended.age(clock.now());
    for session in &feed.sessions {
        let known = ended.contains(session.sid);
        assert!(known || session.until < clock.now().timestamp());
    }
}

/// A JSON Web Key Set of any bytes.
///
/// # Panics
/// When reading it does.
pub fn key_set(data: &[u8]) {
    if let Ok(keys) = KeySet::from_jwks(data) {
        assert!(KeyRing::of(keys).is_loaded());
    }
}
