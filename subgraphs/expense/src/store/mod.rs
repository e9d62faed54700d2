//! Expenses and their history in MongoDB.
//!
//! `expenses` holds every expense as it is now, `changes` every step that led there. For households, `postings` holds what
//! every entry does to whose balance, and `ledgers` what decides about leftover units. A step, the state it makes and all
//! that follows from it are written in one transaction, so none is ever without the others. History has documents of
//! its own, not a list inside the expense, because a list would grow without bound and be read with every page.
//!
//! Invariant: every read takes the viewer, or the proof that the viewer may read; no method takes a naked id.

mod balances;
mod change_document;
mod check;
mod contents_document;
mod create;
mod creation_document;
mod erase;
mod exchange_document;
mod expense_document;
mod feed;
mod feed_document;
mod filter;
mod find;
mod history;
mod indexes;
mod keys;
mod ledger_document;
mod list;
mod news;
mod postings;
mod recorded;
mod scope;
mod secret;
mod settlement_document;
mod settlements;
mod sharing_document;
mod span;
mod totals;
mod update;
mod write;

use constellation_shared::mongo::StoreError;
use mongodb::bson::{Document, doc};
use mongodb::{Client, Collection, Database};

use change_document::ChangeDocument;
use constellation_shared::clock::Clock;
use expense_document::ExpenseDocument;
use keys::KeyDocument;
use ledger_document::LedgerDocument;
use postings::PostingDocument;
use settlement_document::SettlementDocument;
use std::sync::Arc;

pub(crate) use create::Created;
pub(crate) use history::HistoryQuery;
pub(crate) use keys::Used;
pub(crate) use list::ListQuery;
pub(crate) use news::Listener;
use news::News;
pub(crate) use settlements::Settled;
pub(crate) use totals::{TotalsError, TotalsQuery};

/// Where expenses are kept.
#[derive(Clone)]
pub(crate) struct ExpenseStore {
    database: Database,
    /// What somebody may see depends on the time.
    clock: Arc<dyn Clock>,
    expenses: Collection<ExpenseDocument>,
    changes: Collection<ChangeDocument>,
    ledgers: Collection<LedgerDocument>,
    keys: Collection<KeyDocument>,
    postings: Collection<PostingDocument>,
    news: News,
    settlements: Collection<SettlementDocument>,
}

const EXPENSES: &str = "expenses";
const CHANGES: &str = "changes";
const LEDGERS: &str = "ledgers";
const KEYS: &str = "keys";
const SETTLEMENTS: &str = "settlements";
const POSTINGS: &str = "postings";

impl ExpenseStore {
    /// The store in this database, with its indexes.
    ///
    /// # Errors
    /// When the indexes cannot be made.
    pub(crate) async fn open(database: Database, clock: Arc<dyn Clock>) -> Result<Self, StoreError> {
        let store = Self {
            expenses: database.collection(EXPENSES),
            changes: database.collection(CHANGES),
            ledgers: database.collection(LEDGERS),
            keys: database.collection(KEYS),
            postings: database.collection(POSTINGS),
            news: News::of(&database.collection(CHANGES)),
            settlements: database.collection(SETTLEMENTS),
            clock,
            database,
        };
        store.create_indexes().await?;
        store.name_ledgers().await?;
        Ok(store)
    }

    /// Says of expenses that were written before there were households where they lie: with their owner.
    async fn name_ledgers(&self) -> Result<(), StoreError> {
        let owners = doc! { "$set": { "ledger": "$owner", "shared": false, "restricted": false } };
        self.expenses
            .update_many(doc! { "ledger": { "$exists": false } }, vec![owners])
            .await?;
        Ok(())
    }

    fn client(&self) -> &Client {
        self.database.client()
    }
}

/// Reads a document that an aggregation gave.
fn decode<T: serde::de::DeserializeOwned>(document: Document) -> Result<T, StoreError> {
    mongodb::bson::deserialize_from_document(document).map_err(|error| StoreError::Corrupt(error.to_string()))
}
