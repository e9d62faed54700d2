use constellation_testing::TokenForge;
use jsonwebtoken::{Algorithm, Header};
use serde_json::{Value, json};

use crate::support::Service;

#[tokio::test]
async fn a_bad_token_is_refused_and_never_taken_for_no_token() {
    let service = Service::start().await;
    let forge = &service.forge;
    let user = constellation_shared::id::UserId::from_uuid(uuid::Uuid::from_u128(7));
    let good = forge.token(user);
    let mut expired = forge.claims(user);
    expired.exp = expired.iat - 11;
    let mut other_issuer = forge.claims(user);
    other_issuer.iss = "https://elsewhere.test".into();
    let mut other_audience = forge.claims(user);
    other_audience.aud = "somebody-else".into();
    let untyped = Header {
        typ: Some("JWT".into()),
        ..forge.header()
    };
    let none = {
        use base64::Engine as _;
        let part = |value: Value| base64::prelude::BASE64_URL_SAFE_NO_PAD.encode(value.to_string());
        let claims = serde_json::to_value(forge.claims(user)).unwrap();
        format!(
            "{}.{}.",
            part(json!({ "alg": "none", "typ": "at+jwt", "kid": "forge-1" })),
            part(claims)
        )
    };
    let hmac = {
        let header = Header {
            alg: Algorithm::HS256,
            ..forge.header()
        };
        let key = jsonwebtoken::EncodingKey::from_secret(forge.public_key());
        #[expect(clippy::disallowed_methods, reason = "a forged token for a test")]
        jsonwebtoken::encode(&header, &forge.claims(user), &key).unwrap()
    };
    let bad = [
        ("expired", forge.sign(&forge.header(), &expired)),
        ("another key", TokenForge::new(2).token(user)),
        ("another issuer", forge.sign(&forge.header(), &other_issuer)),
        ("another audience", forge.sign(&forge.header(), &other_audience)),
        ("another type", forge.sign(&untyped, &forge.claims(user))),
        ("no algorithm", none),
        ("HMAC over the public key", hmac),
        ("truncated", good[..good.len() - 4].to_owned()),
        ("empty", String::new()),
    ];
    let body = json!({ "query": "{ __typename }" });
    for (what, token) in bad {
        let response = service.post(Some(&format!("Bearer {token}")), &body).await;
        assert_eq!(response.status(), 401, "{what}");
        assert_eq!(
            response.headers()["www-authenticate"],
            "Bearer error=\"invalid_token\"",
            "{what}"
        );
        let body: Value = response.json().await.unwrap();
        assert_eq!(
            body["errors"][0]["extensions"]["code"], "UNAUTHENTICATED",
            "{what}"
        );
        assert_eq!(body.get("data"), None, "{what}");
    }
    let response = service.post(Some(&format!("Bearer {good}")), &body).await;
    assert_eq!(response.status(), 200);
}
