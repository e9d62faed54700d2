use mongodb::error::{ErrorKind, WriteFailure};

use crate::error::ApiError;

const DUPLICATE_KEY: i32 = 11000;
const INDEX_NOT_FOUND: i32 = 27;
/// The server gave up what took longer than it was told to take.
const MAX_TIME_EXPIRED: i32 = 50;

/// What can go wrong in a store, when it is not the caller's doing.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// MongoDB failed or cannot be reached.
    #[error("the database failed")]
    Database(#[from] mongodb::error::Error),
    /// MongoDB has not answered in time. Whether it does what it was asked is not known.
    #[error("the database does not answer in time")]
    Slow,
    /// A document is not as this code writes it.
    #[error("a stored document cannot be understood: {0}")]
    Corrupt(String),
}

impl StoreError {
    /// What a caller is told; the cause is logged.
    pub fn as_api_error(&self) -> ApiError {
        match self {
            Self::Database(cause) if is_unreachable(cause) => ApiError::unavailable(self),
            Self::Slow => ApiError::unavailable(self),
            _ => ApiError::internal(self),
        }
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        error.as_api_error()
    }
}

fn is_unreachable(error: &mongodb::error::Error) -> bool {
    match &*error.kind {
        ErrorKind::ServerSelection { .. } | ErrorKind::Io(_) | ErrorKind::ConnectionPoolCleared { .. } => {
            true
        }
        ErrorKind::Command(error) => error.code == MAX_TIME_EXPIRED,
        _ => false,
    }
}

/// Whether a unique index refused a write. Uniqueness is always an index's work: what is checked first and
/// written later has a gap between.
#[must_use]
pub fn is_duplicate_key(error: &mongodb::error::Error) -> bool {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
        ErrorKind::InsertMany(error) => error
            .write_errors
            .iter()
            .flatten()
            .any(|error| error.code == DUPLICATE_KEY),
        _ => false,
    }
}

/// Whether there is no index of that name to drop.
#[must_use]
pub fn is_missing_index(error: &mongodb::error::Error) -> bool {
    matches!(&*error.kind, ErrorKind::Command(error) if error.code == INDEX_NOT_FOUND)
}
