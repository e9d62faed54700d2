use constellation_shared::mongo::{StoreError, is_missing_index};
use mongodb::IndexModel;
use mongodb::bson::{Document, doc};
use mongodb::options::{Hint, IndexOptions};

use super::ExpenseStore;
use crate::domain::OrderField;

const BY_DATE: &str = "ledger_by_date";
const BY_AMOUNT: &str = "ledger_by_amount";
const BY_OWNER: &str = "by_owner";
const FOR_FEED: &str = "for_feed";
const FOR_REVEALED: &str = "for_revealed";
const FOR_TOTALS: &str = "ledger_for_sums";
const FOR_BALANCES: &str = "for_balances";
/// What totals were summed up from before expenses had a worth. No query names it, and every write would keep it up.
const OUTDATED: &str = "ledger_for_totals";

impl ExpenseStore {
    pub(super) async fn create_indexes(&self) -> Result<(), StoreError> {
        let expenses = [
            unique("one_per_key", doc! { "owner": 1, "idempotencyKey": 1 }),
            // Each list's index ends with the id, so it holds the whole order and a page is read off it as it stands.
            index(BY_DATE, doc! { "ledger": 1, "voided": 1, "date": 1, "_id": 1 }),
            index(
                BY_AMOUNT,
                doc! { "ledger": 1, "voided": 1, "currency": 1, "minor": 1, "_id": 1 },
            ),
            index(BY_OWNER, doc! { "owner": 1, "_id": 1 }),
            // Holds all that totals need but for tags and members: they are summed up without reading the expenses
            // themselves.
            index(
                FOR_TOTALS,
                doc! {
                    "ledger": 1, "restricted": 1, "voided": 1, "date": 1, "currency": 1, "minor": 1, "categoryKey": 1,
                    "category": 1, "merchant": 1, "worth.currency": 1, "worth.minor": 1,
                },
            ),
        ];
        let changes = [
            unique("one_per_version", doc! { "expense": 1, "version": 1 }),
            index(FOR_FEED, doc! { "ledger": 1, "seq": 1 }),
            // Surprises are few: what is none is not in it.
            sparse(
                FOR_REVEALED,
                doc! { "ledger": 1, "after.sharing.revealAt": 1, "seq": 1 },
                doc! { "after.sharing.revealAt": { "$exists": true } },
            ),
        ];
        self.expenses.create_indexes(expenses).await?;
        self.drop_outdated().await?;
        self.changes.create_indexes(changes).await?;
        // Holds all that balances need, for what every member sees.
        let postings = [
            index(
                FOR_BALANCES,
                doc! { "household": 1, "restricted": 1, "currency": 1, "member": 1, "minor": 1 },
            ),
            index("by_entry", doc! { "entry": 1 }),
        ];
        self.postings.create_indexes(postings).await?;
        let settlements = [
            unique("one_per_key", doc! { "owner": 1, "idempotencyKey": 1 }),
            index("by_household", doc! { "household": 1, "_id": 1 }),
            index(BY_OWNER, doc! { "owner": 1, "_id": 1 }),
        ];
        self.settlements.create_indexes(settlements).await?;
        let keys = [unique("one_use", doc! { "person": 1, "key": 1 })];
        self.keys.create_indexes(keys).await?;
        Ok(())
    }

    /// Drops what an earlier version made, if it did. It is looked for first, because dropping holds up all writes.
    async fn drop_outdated(&self) -> Result<(), StoreError> {
        let names = self.expenses.list_index_names().await?;
        if !names.iter().any(|name| name == OUTDATED) {
            return Ok(());
        }
        match self.expenses.drop_index(OUTDATED).await {
            // Another process that starts now was faster.
            Err(error) if is_missing_index(&error) => Ok(()),
            dropped => Ok(dropped?),
        }
    }
}

/// The index that a list in this order is read from.
///
/// It is named to MongoDB, not left to its planner: the planner learns from one query's filter, and keeps for all a
/// plan that sorts a whole ledger in memory when another filter comes.
pub(super) fn of_list(order: OrderField) -> Hint {
    Hint::Name(match order {
        OrderField::Date => BY_DATE.into(),
        OrderField::Amount => BY_AMOUNT.into(),
    })
}

/// The index that totals are summed up from.
pub(super) fn of_totals() -> Hint {
    Hint::Name(FOR_TOTALS.into())
}

/// The index that what somebody has recorded is read from.
pub(super) fn of_recorded() -> Hint {
    Hint::Name(BY_OWNER.into())
}

/// The index that a household's feed is read from.
pub(super) fn of_feed() -> Hint {
    Hint::Name(FOR_FEED.into())
}

/// The index that surprises are read from when they are revealed.
pub(super) fn of_revealed() -> Hint {
    Hint::Name(FOR_REVEALED.into())
}

fn sparse(name: &str, keys: Document, only: Document) -> IndexModel {
    let options = IndexOptions::builder()
        .name(name.to_owned())
        .partial_filter_expression(only)
        .build();
    IndexModel::builder().keys(keys).options(options).build()
}

/// The index that balances are summed up from.
pub(super) fn of_balances() -> Hint {
    Hint::Name(FOR_BALANCES.into())
}

fn index(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().name(name.to_owned()).build();
    IndexModel::builder().keys(keys).options(options).build()
}

fn unique(name: &str, keys: Document) -> IndexModel {
    let options = IndexOptions::builder().name(name.to_owned()).unique(true).build();
    IndexModel::builder().keys(keys).options(options).build()
}
