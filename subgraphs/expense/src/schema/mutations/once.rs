//! Changes that are made once, however often they are asked for under one key.

use std::io;

use async_graphql::Context;
use constellation_shared::auth::Viewer;
use constellation_shared::error::ApiError;
use sha2::{Digest as _, Sha256};

use crate::domain::{Fingerprint, Once, Violation};

/// The change that is asked for here, under the key of its input if it has one; or why that is no key.
pub(super) fn once(
    ctx: &Context<'_>,
    viewer: &Viewer,
    key: Option<String>,
) -> Result<Result<Option<Once>, Violation>, ApiError> {
    let Some(key) = key else {
        return Ok(Ok(None));
    };
    Ok(Once::parse(key, viewer.user, sent(ctx)?).map(Some))
}

/// What tells the input of this mutation, as it was written, from all others.
pub(super) fn sent(ctx: &Context<'_>) -> Result<Fingerprint, ApiError> {
    fingerprint(ctx).map_err(|error| ApiError::internal(&error))
}

/// The same for the same input, in whichever order its fields are written, and for that alone.
///
/// It is made of what the caller has given and of nothing else: fields that a later version adds do not change the
/// fingerprints of inputs without them.
fn fingerprint(ctx: &Context<'_>) -> io::Result<Fingerprint> {
    let field = ctx.field();
    let arguments = field
        .arguments()
        .map_err(|error| io::Error::other(error.message))?;
    let mut hash = Sha256::new();
    hash.update(field.name());
    for (name, value) in arguments {
        let mut value = value.into_json()?;
        value.sort_all_objects();
        hash.update(format!("\n{name}{value}"));
    }
    Ok(hash.finalize().into())
}
