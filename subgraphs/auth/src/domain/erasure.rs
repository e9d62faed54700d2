use std::sync::Arc;
use std::time::Duration;

use chrono::TimeDelta;
use constellation_shared::clock::Clock;
use constellation_shared::error::chain;
use constellation_shared::id::UserId;
use constellation_shared::mongo::StoreError;
use constellation_shared::program::Stop;

use super::{LIFETIMES, MailRoom, Occasion, TokenIssuer};
use crate::store::Stores;

/// How often it is looked for accounts whose time has come.
const ROUND: Duration = Duration::from_secs(2);
/// How many are erased before it is looked again.
const AT_ONCE: i64 = 16;
/// How long the sessions of an erased account are kept: longer than the feed tells of them.
const LINGERING: TimeDelta = match LIFETIMES.access.checked_add(&TimeDelta::minutes(5)) {
    Some(lingering) => lingering,
    None => LIFETIMES.access,
};
/// How many accounts one page of the log has.
const PAGE: i64 = 500;

/// An account that was erased: all that is left of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Erased {
    /// Its place in the log.
    pub(crate) number: i64,
    pub(crate) user: UserId,
}

/// Erases accounts whose time has come, and tells other services which.
///
/// The account itself goes in one transaction with its line in the log and a last mail to its owner; from then on nobody can sign in, and whatever
/// else there is of it is removed by its id, step by step. Any replica does any step, twice if need be, so one that dies
/// halfway leaves nothing undone.
pub(crate) struct Erasure {
    pub(crate) stores: Stores,
    pub(crate) issuer: Arc<TokenIssuer>,
    pub(crate) mail_room: Arc<MailRoom>,
    pub(crate) clock: Arc<dyn Clock>,
}

/// Why the log cannot be told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LogError {
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error("the log of erased accounts could not be signed")]
    Signing(#[from] jsonwebtoken::errors::Error),
}

impl Erasure {
    /// Erases accounts as their time comes, until `stop`.
    pub(crate) async fn run(&self, stop: Stop) {
        let rounds = async {
            loop {
                if let Err(error) = self.erase_due().await {
                    tracing::warn!(error = %chain(&error), "accounts that are due cannot be erased; trying again");
                }
                tokio::time::sleep(ROUND).await;
            }
        };
        tokio::select! {
            () = rounds => {}
            () = stop.requested() => {}
        }
    }

    /// Erases every account that is due now, and counts them.
    pub(crate) async fn erase_due(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let mut erased = 0;
        loop {
            let due = self.stores.users.due_to_be_erased(now, AT_ONCE).await?;
            if due.is_empty() {
                break;
            }
            for user in due {
                let to = user.email.as_deref();
                let farewell = to.map(|to| self.mail_room.mail(to, Occasion::AccountDeleted));
                if self.stores.erase(&user, farewell.as_ref(), now).await? {
                    tracing::info!(user = %user.id, "an account was erased");
                    self.mail_room.posted();
                    erased += 1;
                }
            }
        }
        loop {
            let remains = self.stores.erased.to_sweep(now, AT_ONCE).await?;
            if remains.is_empty() {
                return Ok(erased);
            }
            for left in remains {
                self.stores.sweep(&left, LINGERING, now).await?;
            }
        }
    }

    /// A signed page of the log: the accounts that were erased after the one with this number.
    pub(crate) async fn log(&self, after: i64) -> Result<String, LogError> {
        let now = self.clock.now();
        let accounts = self.stores.erased.after(after, PAGE).await?;
        // Read after the page, so that it is never behind it.
        let last = self.stores.erased.last().await?;
        let upto = accounts.last().map_or(after, |account| account.number);
        let accounts = accounts.into_iter().map(|account| account.user).collect();
        Ok(self.issuer.erased(accounts, after, upto, last, now)?)
    }
}
