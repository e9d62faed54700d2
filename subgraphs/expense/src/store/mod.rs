//! Expenses and their history in MongoDB.
//!
//! Two collections: `expenses` holds every expense as it is now, `changes` every step that led there. A step and the
//! state it makes are written in one transaction, so neither is ever without the other. History has documents of
//! its own, not a list inside the expense, because a list would grow without bound and be read with every page.
//!
//! Invariant: every read takes the viewer, or the proof that the viewer may read; no method takes a naked id.

mod change_document;
mod contents_document;
mod create;
mod expense_document;
mod filter;
mod find;
mod history;
mod indexes;
mod list;
mod scope;
mod span;
mod totals;
mod update;

use constellation_shared::mongo::StoreError;
use mongodb::bson::Document;
use mongodb::{Client, Collection, Database};

use change_document::ChangeDocument;
use expense_document::ExpenseDocument;

pub(crate) use create::Created;
pub(crate) use history::HistoryQuery;
pub(crate) use list::ListQuery;
pub(crate) use totals::{TotalsError, TotalsQuery};

/// Where expenses are kept.
#[derive(Debug, Clone)]
pub(crate) struct ExpenseStore {
    database: Database,
    expenses: Collection<ExpenseDocument>,
    changes: Collection<ChangeDocument>,
}

const EXPENSES: &str = "expenses";
const CHANGES: &str = "changes";

impl ExpenseStore {
    /// The store in this database, with its indexes.
    ///
    /// # Errors
    /// When the indexes cannot be made.
    pub(crate) async fn open(database: Database) -> Result<Self, StoreError> {
        let store = Self {
            expenses: database.collection(EXPENSES),
            changes: database.collection(CHANGES),
            database,
        };
        store.create_indexes().await?;
        Ok(store)
    }

    fn client(&self) -> &Client {
        self.database.client()
    }
}

/// Reads a document that an aggregation gave.
fn decode<T: serde::de::DeserializeOwned>(document: Document) -> Result<T, StoreError> {
    mongodb::bson::deserialize_from_document(document).map_err(|error| StoreError::Corrupt(error.to_string()))
}
