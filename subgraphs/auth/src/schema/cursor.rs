//! Cursors of lists that are ordered by id: the id, as opaque text.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use constellation_shared::error::ApiError;
use constellation_shared::id::Id;

/// The cursor of the item with this id.
pub(super) fn of<Kind>(id: Id<Kind>) -> String {
    URL_SAFE_NO_PAD.encode(id.as_uuid().as_bytes())
}

/// The place that a cursor names.
pub(super) fn position<Kind>(argument: &'static str, cursor: &str) -> Result<Id<Kind>, ApiError> {
    URL_SAFE_NO_PAD
        .decode(cursor)
        .ok()
        .and_then(|bytes| bytes.try_into().ok())
        .map(Id::from_bytes)
        .ok_or_else(|| {
            let message = format!("`{argument}` must be a cursor that this list gave. Start without one.");
            ApiError::bad_input(argument, message)
        })
}
