//! Accounts that were erased, and how every subgraph erases what it has of their owners.
//!
//! Auth publishes a signed log of them that is kept for ever. A subgraph reads it in the background from where it stopped
//! last, which it keeps in its own database, and erases by [`Erase`]: a request never waits for that, and a subgraph that
//! was away for a year catches up.
//!
//! Invariant: nobody is passed over. What is erased may be erased again, and is, once no access token of the person can be
//! valid any more: a request that was under way may have written something meanwhile.

mod claims;
mod follower;
mod progress;
mod settings;

pub use claims::{ERASED_TYPE, ErasedAccountsClaims};
pub use follower::{ErasedAccounts, ErasedAccountsSource, FollowError};
pub use settings::{ErasedSettings, LogLocation, NoLogLocation};

use async_trait::async_trait;

use crate::id::UserId;
use crate::mongo::StoreError;

/// How a subgraph forgets a person.
#[async_trait]
pub trait Erase: Send + Sync + 'static {
    /// Erases what it has of this person, and decides what stays. It is called again after it failed, or was stopped halfway,
    /// and once more when it was done.
    async fn erase(&self, person: UserId) -> Result<(), StoreError>;
}
