use std::fmt;

use constellation_shared::entropy::{Entropy, random};

use super::InvitationId;
use crate::keys::RefreshKey;

/// The letters of a code: no vowels, so that none makes a word, and no digits, so that none looks like a letter (RFC 8628,
/// section 6.1).
const LETTERS: &[u8; 20] = b"BCDFGHJKLMNPQRSTVWXZ";
const LENGTH: usize = 10;

/// Keeps this use of the key apart from all others.
const CONTEXT: &[u8] = b"constellation invitation code v1";
const MAILED: &[u8] = b"constellation mailed invitation code v1";

/// The code of an invitation, to be read aloud: ten letters out of twenty, which is one of 10^13. Whoever guesses is
/// slowed down long before they come near.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct InvitationCode([u8; LENGTH]);

/// What is stored of a code: HMAC-SHA-256 with a key that the database does not hold. A plain hash of so short a code could
/// be turned back by trying all.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CodeHash(pub(crate) [u8; 32]);

impl InvitationCode {
    pub(crate) fn generate(entropy: &dyn Entropy) -> Self {
        Self::draw(|| random(entropy))
    }

    /// The code that is mailed for this invitation. The same arguments give the same code, so that a mail that has to be
    /// sent twice has one code, although the database holds nothing but its hash.
    pub(crate) fn derive(key: &RefreshKey, invitation: InvitationId) -> Self {
        let mut round = 0_u64;
        Self::draw(|| {
            round += 1;
            key.authenticate(&[MAILED, invitation.as_uuid().as_bytes(), &round.to_be_bytes()].concat())
        })
    }

    fn draw(mut more: impl FnMut() -> [u8; 32]) -> Self {
        let mut letters = [0; LENGTH];
        let mut filled = 0;
        while filled < LENGTH {
            // 240 is the largest multiple of 20 in a byte: above it the first letters would come more often.
            let fair = more().into_iter().filter(|byte| *byte < 240);
            for byte in fair.take(LENGTH - filled) {
                letters[filled] = LETTERS[usize::from(byte) % LETTERS.len()];
                filled += 1;
            }
        }
        Self(letters)
    }

    /// Reads what somebody typed, in whatever case and however they group it; `None` when it cannot be a code.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let letters: Vec<u8> = text
            .bytes()
            .filter(|byte| !byte.is_ascii_whitespace() && *byte != b'-')
            .map(|byte| byte.to_ascii_uppercase())
            .collect();
        let ours = letters.iter().all(|letter| LETTERS.contains(letter));
        letters.try_into().ok().filter(|_| ours).map(Self)
    }

    /// The text to hand to whoever invites, and to nobody else.
    pub(crate) fn reveal(&self) -> String {
        let (first, second) = self.0.split_at(LENGTH / 2);
        let text = |letters: &[u8]| letters.iter().copied().map(char::from).collect::<String>();
        format!("{}-{}", text(first), text(second))
    }

    pub(crate) fn hash(&self, key: &RefreshKey) -> CodeHash {
        CodeHash(key.authenticate(&[CONTEXT, &self.0].concat()))
    }
}

impl fmt::Debug for InvitationCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InvitationCode(..)")
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine as _;
    use base64::engine::general_purpose::URL_SAFE_NO_PAD;
    use constellation_shared::entropy::SystemEntropy;

    use super::{InvitationCode, InvitationId, RefreshKey};

    #[test]
    fn a_code_is_read_back_however_it_is_typed() {
        for _ in 0..100 {
            let code = InvitationCode::generate(&SystemEntropy);
            let text = code.reveal();
            assert_eq!(text.len(), 11);
            for typed in [
                text.clone(),
                text.to_lowercase(),
                text.replace('-', " "),
                format!(" {text} "),
            ] {
                assert_eq!(InvitationCode::parse(&typed), Some(code.clone()), "{typed:?}");
            }
        }
    }

    #[test]
    fn a_mailed_code_is_the_same_for_one_key_and_invitation_and_another_for_any_other() {
        let key = |byte| RefreshKey::from_base64(&URL_SAFE_NO_PAD.encode([byte; 32])).unwrap();
        let (first, second) = (
            InvitationId::from_bytes([1; 16]),
            InvitationId::from_bytes([2; 16]),
        );
        let code = InvitationCode::derive(&key(1), first);
        assert_eq!(code, InvitationCode::derive(&key(1), first));
        assert_ne!(code, InvitationCode::derive(&key(1), second));
        assert_ne!(code, InvitationCode::derive(&key(2), first));
    }

    #[test]
    fn what_has_another_letter_or_length_is_no_code() {
        for text in [
            "",
            "BCDFG",
            "BCDFG-HJKLA",
            "BCDFG-HJKL1",
            "BCDFG-HJKLMN",
            "BCDFG_HJKLM",
        ] {
            assert_eq!(InvitationCode::parse(text), None, "{text:?}");
        }
    }
}
