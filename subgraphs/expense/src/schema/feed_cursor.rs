use aes_siv::KeyInit as _;
use aes_siv::siv::Aes128Siv;
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use chrono::DateTime;
use constellation_shared::error::ApiError;
use constellation_shared::household::HouseholdId;
use constellation_shared::id::UserId;

use crate::domain::FeedPosition;

/// Seals places in feeds. A place counts what is hidden from its reader, so it is told encrypted; and only to the one
/// reader whose it is.
#[derive(Clone)]
pub(crate) struct FeedCursors {
    key: [u8; 32],
}

impl FeedCursors {
    pub(crate) const fn new(key: [u8; 32]) -> Self {
        Self { key }
    }

    /// The cursor of a place.
    ///
    /// # Errors
    /// `INTERNAL`, if the cipher fails, which it does for no place.
    pub(super) fn seal(
        &self,
        household: HouseholdId,
        reader: UserId,
        position: FeedPosition,
    ) -> Result<String, ApiError> {
        let mut bytes = Vec::with_capacity(24);
        bytes.extend(position.seq.to_be_bytes());
        bytes.extend(position.revealed.timestamp_millis().to_be_bytes());
        bytes.extend(position.revealed_seq.to_be_bytes());
        let (household, reader) = (household.as_uuid(), reader.as_uuid());
        let sealed = self
            .cipher()
            .encrypt([household.as_bytes().as_slice(), reader.as_bytes()], &bytes)
            .map_err(|_| ApiError::internal(&std::fmt::Error))?;
        Ok(BASE64_URL_SAFE_NO_PAD.encode(sealed))
    }

    /// The place of a cursor.
    ///
    /// # Errors
    /// `BAD_USER_INPUT` when it is none for this reader of this household.
    pub(super) fn open(
        &self,
        household: HouseholdId,
        reader: UserId,
        cursor: &str,
    ) -> Result<FeedPosition, ApiError> {
        let read = || {
            let sealed = BASE64_URL_SAFE_NO_PAD.decode(cursor).ok()?;
            let (household, reader) = (household.as_uuid(), reader.as_uuid());
            let headers = [household.as_bytes().as_slice(), reader.as_bytes()];
            let bytes = self.cipher().decrypt(headers, &sealed).ok()?;
            let (seq, bytes) = bytes.split_first_chunk()?;
            let (revealed, bytes) = bytes.split_first_chunk()?;
            Some(FeedPosition {
                seq: i64::from_be_bytes(*seq),
                revealed: DateTime::from_timestamp_millis(i64::from_be_bytes(*revealed))?,
                revealed_seq: i64::from_be_bytes(bytes.try_into().ok()?),
            })
        };
        read().ok_or_else(|| {
            ApiError::bad_input(
                "after",
                "`after` must be a cursor of this household's changes that was given to you. Read the household anew, \
                 from its `changesCursor` on.",
            )
        })
    }

    fn cipher(&self) -> Aes128Siv {
        Aes128Siv::new(&self.key.into())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const HOME: HouseholdId = HouseholdId::from_bytes([1; 16]);
    const ANA: UserId = UserId::from_bytes([2; 16]);

    proptest! {
        #[test]
        fn a_cursor_is_its_readers_own_and_shows_no_number(seq in 0..i64::MAX, revealed_seq: i64, millis in 0..4_102_444_800_000_i64) {
            let cursors = FeedCursors::new([7; 32]);
            let revealed = DateTime::from_timestamp_millis(millis).unwrap();
            let position = FeedPosition { seq, revealed, revealed_seq };
            let cursor = cursors.seal(HOME, ANA, position).unwrap();
            prop_assert_eq!(cursors.open(HOME, ANA, &cursor).unwrap(), position);
            prop_assert!(cursors.open(HOME, UserId::from_bytes([3; 16]), &cursor).is_err());
            prop_assert!(cursors.open(HouseholdId::from_bytes([2; 16]), ANA, &cursor).is_err());
            prop_assert!(FeedCursors::new([8; 32]).open(HOME, ANA, &cursor).is_err());
            // Not even how far two places are apart.
            let next = cursors.seal(HOME, ANA, FeedPosition { seq: seq + 1, ..position }).unwrap();
            prop_assert_ne!(&cursor[..22], &next[..22]);
        }

        #[test]
        fn any_text_is_refused_and_never_panics(text in "\\PC{0,80}|[A-Za-z0-9_-]{0,80}") {
            prop_assert!(FeedCursors::new([7; 32]).open(HOME, ANA, &text).is_err());
        }
    }
}
