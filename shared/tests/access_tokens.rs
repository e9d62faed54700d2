//! Only a token of ours, whole and in time, lets anybody in; everything else is refused, never taken for nobody.

use std::sync::Arc;
use std::time::Duration;

use axum::http::HeaderValue;
use constellation_shared::auth::{Caller, InvalidToken, KeyRing, Rejection, TokenVerifier};
use constellation_shared::clock::{Clock, SystemClock};
use constellation_shared::id::UserId;
use constellation_testing::{AUDIENCE, ISSUER, ManualClock, TokenForge};

const ANA: UserId = UserId::from_bytes([1; 16]);

fn header(text: &str) -> HeaderValue {
    HeaderValue::from_str(text).expect("a token is a header's value")
}

fn system_clock() -> Arc<dyn Clock> {
    Arc::new(SystemClock)
}

#[test]
fn no_header_is_an_anonymous_caller() {
    assert_eq!(
        TokenForge::new(1).verifier(system_clock()).authenticate(None),
        Ok(Caller::Anonymous)
    );
}

#[test]
fn a_good_token_names_its_person() {
    let forge = TokenForge::new(1);
    let verifier = forge.verifier(system_clock());
    for text in [forge.bearer(ANA), forge.bearer(ANA).replace("Bearer", "bearer")] {
        let caller = verifier.authenticate(Some(&header(&text))).unwrap();
        assert_eq!(caller.viewer().unwrap().user, ANA);
    }
}

#[test]
fn every_bad_header_is_refused_with_401() {
    let forge = TokenForge::new(1);
    let verifier = forge.verifier(system_clock());
    for (name, text) in forge.bad_headers(ANA) {
        let rejection = verifier.authenticate(Some(&header(&text))).expect_err(name);
        assert_eq!(rejection.status().as_u16(), 401, "{name}");
        assert!(rejection.challenge().is_some(), "{name}");
    }
}

#[test]
fn a_token_ends_by_our_clock_with_ten_seconds_of_leeway() {
    let clock = Arc::new(ManualClock::at("2026-01-31T12:00:00Z"));
    let forge = TokenForge::new(1);
    let verifier = forge.verifier(clock.clone());
    let mut claims = forge.claims(ANA);
    claims.iat = clock.now().timestamp();
    claims.exp = claims.iat + 900;
    let token = header(&format!("Bearer {}", forge.sign(&forge.header(), &claims)));

    clock.advance(Duration::from_secs(909));
    assert!(verifier.authenticate(Some(&token)).is_ok());
    clock.advance(Duration::from_secs(1));
    assert_eq!(
        verifier.authenticate(Some(&token)),
        Err(Rejection::Invalid(InvalidToken::Expired))
    );
}

#[test]
fn without_any_keys_nothing_is_said_of_a_token() {
    let verifier = TokenVerifier::new(KeyRing::default(), ISSUER, AUDIENCE, system_clock());
    let rejection = verifier
        .authenticate(Some(&header(&TokenForge::new(1).bearer(ANA))))
        .unwrap_err();
    assert_eq!(
        (rejection, rejection.status().as_u16()),
        (Rejection::KeysUnavailable, 503)
    );
}
