use serde::{Deserialize, Serialize};

use crate::id::UserId;

/// The `typ` header of a page of the log, which keeps it from being taken for anything else that auth signs.
pub const ERASED_TYPE: &str = "erased-accounts+jwt";

/// A page of the log of erased accounts.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ErasedAccountsClaims {
    /// Who publishes it.
    pub iss: String,
    /// When it was read, in seconds since 1970.
    pub iat: i64,
    /// The number after which it begins: what was asked for.
    pub after: i64,
    /// The number of its last account; `after` if it has none.
    pub upto: i64,
    /// The number of the log's last account.
    pub last: i64,
    /// The accounts, in the order in which they were erased.
    pub accounts: Vec<UserId>,
}
