//! Ids as MongoDB keeps them: binary UUIDs of 16 bytes. Use as `#[serde(with = "constellation_shared::mongo::ids")]`.

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::Id;

/// The id as a BSON value, for a filter or an update.
#[must_use]
pub fn bson<Kind>(id: Id<Kind>) -> bson::Bson {
    to_uuid(id).into()
}

fn to_uuid<Kind>(id: Id<Kind>) -> bson::Uuid {
    bson::Uuid::from_bytes(id.as_uuid().into_bytes())
}

/// Writes an id.
///
/// # Errors
/// When the serializer fails.
pub fn serialize<Kind, S: Serializer>(id: &Id<Kind>, serializer: S) -> Result<S::Ok, S::Error> {
    to_uuid(*id).serialize(serializer)
}

/// Reads an id.
///
/// # Errors
/// When what is stored is no UUID.
pub fn deserialize<'de, Kind, D: Deserializer<'de>>(deserializer: D) -> Result<Id<Kind>, D::Error> {
    let uuid = bson::Uuid::deserialize(deserializer)?;
    Ok(Id::from_uuid(uuid::Uuid::from_bytes(uuid.bytes())))
}
