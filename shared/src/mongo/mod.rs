//! Connecting to MongoDB, and telling its errors apart.

mod check;
mod connect;
mod error;
pub mod ids;

pub use check::DatabaseCheck;
pub use connect::{ConnectError, MongoSettings, connect};
pub use error::{StoreError, is_duplicate_key};
