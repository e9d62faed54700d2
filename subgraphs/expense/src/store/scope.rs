//! What a viewer may see, as MongoDB is asked for it: the one place that says so.

use constellation_shared::auth::Viewer;
use constellation_shared::mongo::ids;
use mongodb::bson::{Document, doc};

use crate::domain::Readable;

/// The expenses, and their changes, that this viewer may see.
pub(super) fn visible_to(viewer: &Viewer) -> Document {
    doc! { "owner": ids::bson(viewer.user) }
}

/// The expenses of this person, whom the viewer may read.
pub(super) fn of(readable: Readable) -> Document {
    doc! { "owner": ids::bson(readable.owner()) }
}
