//! Connecting to MongoDB, and telling its errors apart.

mod check;
mod connect;
mod error;
pub mod ids;
mod pages;
mod patience;
mod transaction;

pub use check::DatabaseCheck;
pub use connect::{ConnectError, MongoSettings, connect};
pub use error::{StoreError, is_duplicate_key, is_missing_index};
pub use pages::newest_first;
pub use patience::within_patience;
pub use transaction::transaction;
