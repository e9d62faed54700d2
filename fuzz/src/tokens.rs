use std::sync::{Arc, LazyLock};

use axum::http::HeaderValue;
use constellation_shared::auth::{Caller, TokenVerifier};
use constellation_shared::id::UserId;
use constellation_testing::{AUDIENCE, ISSUER, ManualClock, TokenForge};
use serde_json::Value;

use crate::two;

pub(crate) const NOW: &str = "2100-01-31T12:00:00Z";
const SECONDS: i64 = 4_105_080_000;
const ANA: UserId = UserId::from_bytes([1; 16]);

pub(crate) static FORGE: LazyLock<TokenForge> = LazyLock::new(|| TokenForge::new(1));
static VERIFIER: LazyLock<TokenVerifier> = LazyLock::new(|| FORGE.verifier(Arc::new(ManualClock::at(NOW))));

/// The token that everybody may know to be good.
static GOOD: LazyLock<String> = LazyLock::new(|| {
    let mut claims = FORGE.claims(ANA);
    claims.iat = SECONDS;
    claims.exp = SECONDS + 900;
    FORGE.sign(&FORGE.header(), &claims)
});

/// An `Authorization` header of any bytes. `{}` in it stands for a good token, which no mutation could find. Nothing but
/// that token, whole, lets anybody in.
///
/// # Panics
/// When a forged token is accepted, or a good one is not.
pub fn access_token(data: &[u8]) {
    let text = String::from_utf8_lossy(data).replace("{}", &GOOD);
    let Ok(header) = HeaderValue::from_bytes(text.as_bytes()) else {
        return;
    };
    match VERIFIER.authenticate(Some(&header)) {
        Ok(Caller::Anonymous) => panic!("a header was taken for none: {text:?}"),
        Ok(Caller::SignedIn(viewer)) => {
            assert_eq!(viewer.user, ANA);
            let token = text.trim().split_once(' ').map(|(_, token)| token.trim_start());
            assert_eq!(token, Some(GOOD.as_str()), "a forged token was accepted");
        }
        Err(rejection) => {
            let status = rejection.status().as_u16();
            assert_eq!(status, 401, "{text:?}");
            let exact = text.strip_prefix("Bearer ");
            assert_ne!(exact, Some(GOOD.as_str()), "a good token was refused");
        }
    }
}

/// A header, a line feed and claims, signed by our own key: what would be accepted if nothing but the signature counted.
///
/// # Panics
/// When a token is accepted that is not as ours are.
pub fn signed_token(data: &[u8]) {
    let (header, claims) = two(data);
    // The id of our key could not be guessed.
    let kid = FORGE.header().kid.unwrap_or_default();
    let header = String::from_utf8_lossy(header).replace("{}", &kid);
    let token = FORGE.sign_bytes(header.as_bytes(), claims);
    let Ok(authorization) = HeaderValue::from_str(&format!("Bearer {token}")) else {
        return;
    };
    let Ok(Caller::SignedIn(viewer)) = VERIFIER.authenticate(Some(&authorization)) else {
        return;
    };
    let read = |text: &[u8]| serde_json::from_slice::<Value>(text).unwrap_or_default();
    let (header, claims) = (read(header.as_bytes()), read(claims));
    let typ = header["typ"].as_str().unwrap_or_default().to_ascii_lowercase();
    assert!(matches!(typ.as_str(), "at+jwt" | "application/at+jwt"), "{typ}");
    assert_eq!(header["alg"], "EdDSA");
    for extension in ["crit", "zip", "enc", "b64"] {
        assert!(header[extension].is_null(), "{header}");
    }
    assert!(
        names(&claims["iss"], ISSUER) && names(&claims["aud"], AUDIENCE),
        "{claims}"
    );
    assert_eq!(claims["sub"].as_str().map(str::parse), Some(Ok(viewer.user)));
    assert_eq!(claims["sid"].as_str().map(str::parse), Some(Ok(viewer.session)));
    assert!(
        claims["exp"].as_i64().is_some_and(|exp| exp > SECONDS - 10),
        "{claims}"
    );
    assert!(
        claims["iat"].as_i64().is_some_and(|iat| iat <= SECONDS + 10),
        "{claims}"
    );
}

fn names(claim: &Value, wanted: &str) -> bool {
    claim.as_str() == Some(wanted)
}

/// A refresh token of any bytes.
///
/// # Panics
/// When one text is read as another token than it is, or a stranger's as one of ours.
pub fn refresh_token(data: &[u8]) {
    constellation_auth::fuzzing::refresh_token(&String::from_utf8_lossy(data));
}
