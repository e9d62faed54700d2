//! What one request may ask for in all, however it is put together.
//!
//! The limits of a document count what stands in it. A list of entities multiplies that by a number that only shows when
//! the document is run, so it is counted there.

use std::sync::atomic::{AtomicUsize, Ordering};

use constellation_shared::error::ApiError;

use crate::domain::PageRequest;

/// The most items of all lists of one request: a hundred full pages.
const NODES: usize = 10_000;
/// The most fields of all entities of one request: five times what one operation may ask for.
const FIELDS: usize = 50_000;

/// What is left for one request.
#[derive(Debug)]
pub(super) struct Budget {
    nodes: AtomicUsize,
    fields: AtomicUsize,
    complexity: AtomicUsize,
}

impl Default for Budget {
    fn default() -> Self {
        Self {
            nodes: AtomicUsize::new(NODES),
            fields: AtomicUsize::new(FIELDS),
            complexity: AtomicUsize::new(0),
        }
    }
}

impl Budget {
    /// Says how much the operation asks for of each entity.
    pub(super) fn begin(&self, complexity: usize) {
        self.complexity.store(complexity, Ordering::Relaxed);
    }

    /// Takes what is asked for of one more entity.
    pub(super) fn take_entity(&self) -> Result<(), ApiError> {
        take(&self.fields, self.complexity.load(Ordering::Relaxed), || {
            ApiError::bad_input(
                "representations",
                format!(
                    "These are too many entities for so many fields: one request may ask for {FIELDS} fields of all its entities. Name fewer entities at a time."
                ),
            )
        })
    }

    /// Takes the items that a page may have, before it is read.
    pub(super) fn take_page<P>(&self, page: &PageRequest<P>) -> Result<(), ApiError> {
        take(&self.nodes, page.size, || {
            let argument = page.size_argument();
            ApiError::bad_input(
                argument,
                format!(
                    "The lists of one request may have {NODES} items in all. Ask for a smaller `{argument}`, or for fewer lists at a time."
                ),
            )
        })
    }

    /// Takes totals, whose number is known only when they are made.
    pub(super) fn take_totals(&self, count: usize) -> Result<(), ApiError> {
        take(&self.nodes, count, || {
            ApiError::bad_input(
                "filter",
                format!(
                    "The lists of one request may have {NODES} items in all. Ask for fewer totals at a time."
                ),
            )
        })
    }
}

fn take(left: &AtomicUsize, amount: usize, refusal: impl FnOnce() -> ApiError) -> Result<(), ApiError> {
    left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| {
        left.checked_sub(amount)
    })
    .map(|_| ())
    .map_err(|_| refusal())
}
