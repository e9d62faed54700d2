//! Doors for the fuzz targets, which see no private item otherwise.

use crate::domain::RefreshToken;
use crate::keys::{RefreshKey, RefreshKeys};

/// Reads a text as a refresh token and checks what always holds.
///
/// # Panics
/// When it does not.
pub fn refresh_token(text: &str) {
    let Some(token) = RefreshToken::parse(text) else {
        return;
    };
    // One token has one text, so that what is logged, hashed or compared is the same thing.
    assert_eq!(token.reveal(), text.trim());
    // 32 bytes of nothing.
    let Some(key) = RefreshKey::from_base64(&"A".repeat(43)) else {
        panic!("a key is 32 bytes in base64url");
    };
    let derived = RefreshToken::derive(&key, token.session(), token.generation());
    assert_eq!(derived.session(), token.session());
    let keys = RefreshKeys::new(key, Vec::new());
    assert_eq!(derived.authentic_generation(&keys), Some(token.generation()));
    assert_eq!(
        token.authentic_generation(&keys),
        None,
        "a stranger made a token of ours"
    );
}
