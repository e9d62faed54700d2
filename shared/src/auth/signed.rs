use jsonwebtoken::errors::ErrorKind;
use jsonwebtoken::{Algorithm, Header, TokenData, Validation, decode_header};
use serde::de::DeserializeOwned;

use super::{InvalidToken, KeyRing, Rejection};

/// What is common to all that auth signs. The algorithm is ours to say, never the token's: what does not claim `EdDSA`
/// is refused before its signature is looked at, so `none` and an HMAC over the public key have no way in.
pub(super) fn validation(issuer: &str) -> Validation {
    let mut validation = Validation::new(Algorithm::EdDSA);
    validation.set_issuer(&[issuer]);
    // Times are checked by whoever reads the claims, against our own clock; the library would read the machine's.
    validation.validate_exp = false;
    validation
}

/// The claims of something of this type that auth has signed for everybody who reads it.
///
/// # Errors
/// When it is not of this type and issuer, or none of the keys has signed it.
pub fn open_published<Claims: DeserializeOwned>(
    text: &str,
    typ: &str,
    keys: &KeyRing,
    issuer: &str,
) -> Result<Claims, Rejection> {
    let mut validation = validation(issuer);
    validation.set_required_spec_claims(&["iss"]);
    validation.validate_aud = false;
    open(text, typ, keys, &validation)
}

/// The claims of something of this type that auth has signed.
pub(super) fn open<Claims: DeserializeOwned>(
    token: &str,
    typ: &str,
    keys: &KeyRing,
    validation: &Validation,
) -> Result<Claims, Rejection> {
    let header = decode_header(token).map_err(|_| InvalidToken::NotOurs)?;
    let ours = header.alg == Algorithm::EdDSA
        && header.typ.as_deref().is_some_and(|claimed| names(claimed, typ))
        && !changes_the_rules(&header);
    let kid = header.kid.filter(|_| ours).ok_or(InvalidToken::NotOurs)?;

    let keys = keys.current().ok_or(Rejection::KeysUnavailable)?;
    let key = keys.get(&kid).ok_or(InvalidToken::UnknownKey)?;
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that verifies a signature"
    )]
    let decoded: TokenData<Claims> =
        jsonwebtoken::decode(token, key, validation).map_err(|error| match error.kind() {
            ErrorKind::InvalidSignature => InvalidToken::BadSignature,
            _ => InvalidToken::NotOurs,
        })?;
    Ok(decoded.claims)
}

/// Whether a `typ` header names this media type. Its `application/` may be left out, and its case does not matter
/// (RFC 7515, section 4.1.9; RFC 9068, section 4).
fn names(claimed: &str, typ: &str) -> bool {
    const TREE: &str = "application/";
    let bare = match claimed.split_at_checked(TREE.len()) {
        Some((tree, bare)) if tree.eq_ignore_ascii_case(TREE) => bare,
        _ => claimed,
    };
    bare.eq_ignore_ascii_case(typ)
}

/// Whether a header asks that the rest be read in another way than ours. Nothing that we sign does: who does not
/// understand an extension that is critical must refuse the token (RFC 7515, section 4.1.11), and a payload that is
/// compressed, or not in base64, is none of our claims.
fn changes_the_rules(header: &Header) -> bool {
    header.crit.is_some()
        || header.zip.is_some()
        || header.enc.is_some()
        || header.extras.inner().contains_key("b64")
}
