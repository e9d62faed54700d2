use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constellation_shared::auth::AccessClaims;
use constellation_shared::id::UserId;
use jsonwebtoken::{Algorithm, EncodingKey, Header};
use serde_json::json;

use crate::TokenForge;
use crate::forge::encode;

impl TokenForge {
    /// Every `Authorization` header that no service may accept, each with a name: what a forger who knows all that is
    /// public can make, and this forge's own tokens with one thing wrong.
    pub fn bad_headers(&self, user: UserId) -> Vec<(&'static str, String)> {
        let good = self.token(user);
        let signature = good.rfind('.').map_or(0, |dot| dot + 1);
        let claims = self.claims(user);
        let with = |change: &dyn Fn(&mut AccessClaims)| {
            let mut claims = claims.clone();
            change(&mut claims);
            self.sign(&self.header(), &claims)
        };
        let with_header = |change: &dyn Fn(&mut Header)| {
            let mut header = self.header();
            change(&mut header);
            self.sign(&header, &claims)
        };
        let without = |claim: &str| {
            let mut claims = json!(claims);
            claims.as_object_mut().map(|claims| claims.remove(claim));
            self.sign(&self.header(), &claims)
        };

        let extended = |name: &str, value: serde_json::Value| {
            let mut header = json!(self.header());
            header[name] = value;
            self.sign_bytes(
                header.to_string().as_bytes(),
                json!(claims).to_string().as_bytes(),
            )
        };

        let tokens = [
            ("expired", with(&|claims| claims.exp = claims.iat - 3600)),
            ("issued in the future", with(&|claims| claims.iat += 3600)),
            (
                "of another issuer",
                with(&|claims| claims.iss = "https://elsewhere.test".into()),
            ),
            (
                "for another audience",
                with(&|claims| claims.aud = "elsewhere".into()),
            ),
            ("without an expiry", without("exp")),
            ("without an issuer", without("iss")),
            ("without an audience", without("aud")),
            ("without a subject", without("sub")),
            ("without a session", without("sid")),
            (
                "of another type",
                with_header(&|header| header.typ = Some("JWT".into())),
            ),
            ("of no type", with_header(&|header| header.typ = None)),
            (
                "of the feed's type",
                with_header(&|header| header.typ = Some("application/ended-sessions+jwt".into())),
            ),
            ("with a critical extension", extended("crit", json!(["exp"]))),
            (
                "with an empty list of critical extensions",
                extended("crit", json!([])),
            ),
            ("compressed", extended("zip", json!("DEF"))),
            ("encrypted", extended("enc", json!("A256GCM"))),
            (
                "with a payload that is not in base64",
                extended("b64", json!(false)),
            ),
            ("without a key id", with_header(&|header| header.kid = None)),
            (
                "of an unknown key id",
                with_header(&|header| header.kid = Some("unknown".into())),
            ),
            ("signed by another key", self.imitated_by(&Self::new(99), &claims)),
            (
                "unsigned, alg none",
                unsigned(self.header().kid.as_deref(), &claims),
            ),
            (
                "HS256 over the public key",
                self.hmac_over(self.public_key(), &claims),
            ),
            (
                "HS256 over the public JWK",
                self.hmac_over(self.jwks().as_bytes(), &claims),
            ),
            ("truncated", good[..good.len() - 10].to_owned()),
            ("without its signature", good[..signature].to_owned()),
            (
                "with another's payload",
                swapped(&good, &self.token(UserId::from_bytes([7; 16]))),
            ),
            ("not a token", "not-a-token".to_owned()),
            ("endless", "a".repeat(7_000)),
        ];
        let schemes = [
            ("without a scheme", good.clone()),
            ("with the scheme Basic", format!("Basic {good}")),
            ("empty", "Bearer ".to_owned()),
        ];
        tokens
            .into_iter()
            .map(|(name, token)| (name, format!("Bearer {token}")))
            .chain(schemes)
            .collect()
    }

    /// Signed by another key that claims to be this one.
    fn imitated_by(&self, other: &Self, claims: &AccessClaims) -> String {
        other.sign(&self.header(), claims)
    }

    fn hmac_over(&self, secret: &[u8], claims: &AccessClaims) -> String {
        let header = Header {
            alg: Algorithm::HS256,
            ..self.header()
        };
        encode(&header, claims, &EncodingKey::from_secret(secret))
    }
}

fn unsigned(kid: Option<&str>, claims: &AccessClaims) -> String {
    let header = json!({ "alg": "none", "typ": "at+jwt", "kid": kid });
    let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
    format!("{}.{}.", part(&header), part(&json!(claims)))
}

/// One token's header and signature around another's claims.
fn swapped(token: &str, other: &str) -> String {
    let parts: Vec<_> = token.split('.').collect();
    let others: Vec<_> = other.split('.').collect();
    format!("{}.{}.{}", parts[0], others[1], parts[2])
}
