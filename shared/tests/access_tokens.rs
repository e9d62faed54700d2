//! Only a token of ours, whole and in time, lets anybody in; everything else is refused, never taken for nobody.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderValue, Request};
use axum::middleware::from_fn_with_state;
use constellation_shared::auth::{
    Caller, InvalidToken, KeyRing, Rejection, TokenVerifier, require_valid_token,
};
use constellation_shared::clock::{Clock, SystemClock};
use constellation_shared::id::UserId;
use constellation_testing::{AUDIENCE, ISSUER, ManualClock, TokenForge};
use tower::ServiceExt as _;

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
fn the_type_of_a_token_may_be_written_as_the_whole_media_type_in_any_case() {
    let forge = TokenForge::new(1);
    let verifier = forge.verifier(system_clock());
    let outcome = |typ: &str| {
        let mut written = forge.header();
        written.typ = Some(typ.into());
        let text = format!("Bearer {}", forge.sign(&written, &forge.claims(ANA)));
        verifier.authenticate(Some(&header(&text)))
    };
    for typ in ["at+jwt", "AT+JWT", "application/at+jwt", "Application/AT+jwt"] {
        assert!(outcome(typ).is_ok(), "{typ}");
    }
    for typ in [
        "",
        "application/",
        "application/application/at+jwt",
        "text/at+jwt",
        "at+jwt ",
        "äpplication/at+jwt",
    ] {
        assert!(outcome(typ).is_err(), "{typ}");
    }
}

#[tokio::test]
async fn a_request_with_two_authorization_headers_is_refused_whatever_they_say() {
    let forge = TokenForge::new(1);
    let checked = from_fn_with_state(Arc::new(forge.verifier(system_clock())), require_valid_token);
    let service = Router::new().fallback(async || "let in").layer(checked);
    let status = async |values: &[&str]| {
        let request = values.iter().fold(Request::builder(), |request, value| {
            request.header("authorization", *value)
        });
        let request = request.body(Body::empty()).unwrap();
        service.clone().oneshot(request).await.unwrap().status().as_u16()
    };
    let (ana, bo) = (forge.bearer(ANA), forge.bearer(UserId::from_bytes([2; 16])));
    assert_eq!(status(&[]).await, 200);
    assert_eq!(status(&[&ana]).await, 200);
    for two in [[&ana, &bo], [&ana, &ana]] {
        assert_eq!(status(&two.map(String::as_str)).await, 401);
    }
    assert_eq!(status(&[&ana, "Basic eDp5"]).await, 401);
    // A proxy may make one header of two.
    assert_eq!(status(&[&format!("{ana}, {bo}")]).await, 401);
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

#[test]
fn a_token_longer_than_any_of_ours_is_refused_although_one_of_our_keys_signed_it() {
    let forge = TokenForge::new(1);
    let verifier = forge.verifier(system_clock());
    let outcome = |padding: usize| {
        let mut claims = serde_json::to_value(forge.claims(ANA)).unwrap();
        claims["padding"] = "x".repeat(padding).into();
        let token = forge.sign(&forge.header(), &claims);
        let caller = verifier.authenticate(Some(&header(&format!("Bearer {token}"))));
        (token.len(), caller.is_ok())
    };
    let (length, accepted) = outcome(4_000);
    assert!(length < 8 * 1024 && accepted, "{length}");
    let (length, accepted) = outcome(8_000);
    assert!(length > 8 * 1024 && !accepted, "{length}");
}
