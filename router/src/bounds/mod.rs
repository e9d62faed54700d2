//! What a request may weigh, before Hive reads it.
//!
//! Hive's parsers, rules and planner call themselves once per level of what they read, and several of them compare
//! everything with everything. So a small document can be built that exhausts a worker's stack, which ends the process,
//! or its time, which no timeout ends, because a worker does nothing else meanwhile. What passes here does neither: the
//! tests send the deepest and the largest that passes. None of this is a setting: the numbers belong to
//! [`WORKER_STACK`].
//!
//! Invariants: everything here takes time linear in its input, and calls itself no deeper than its own bound.

mod document;
mod json;
mod selections;

pub(crate) use document::check_document;
pub(crate) use json::check_json;
pub(crate) use selections::check_selections;

/// The stack of each of the web server's workers, in bytes. It is only reserved: a page that is never touched costs
/// nothing.
pub(crate) const WORKER_STACK: usize = 32 * 1024 * 1024;

/// How deep brackets may be nested: in the document, and in the JSON around it.
const NESTING: usize = 32;
/// How many fragments a document may define.
const FRAGMENTS: usize = 100;
/// How deep selections may be nested, once every fragment stands where it is used.
const DEPTH: usize = 64;
/// How many selections a document may have, once every fragment stands where it is used; the fragments count too.
const SELECTIONS: usize = 5_000;
/// How often one response key may be selected at one place of the answer.
const REPEATS: usize = 100;

/// The request asks for more than any client needs, or has no end at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Excess {
    #[error(
        "The JSON of the request is nested too deep: at most {NESTING} arrays and objects may stand in each other."
    )]
    Json,
    #[error(
        "The document nests its brackets too deep: at most {NESTING} of `{{`, `(` and `[` may stand in each other. Ask \
         for less at once."
    )]
    Brackets,
    #[error("The document has too many fragments: at most {FRAGMENTS}. Ask for less at once.")]
    Fragments,
    #[error(
        "The document nests its selections too deep: at most {DEPTH} levels, fragments included. Ask for less at once."
    )]
    Depth,
    #[error("The fragment {0:?} uses itself, so the document would have no end.")]
    Circle(String),
    #[error("The document uses the fragment {0:?}, which it does not define.")]
    Unknown(String),
    #[error("The document defines the fragment {0:?} more than once.")]
    Twice(String),
    #[error(
        "The document selects too much: at most {SELECTIONS} selections, counted wherever a fragment is used. Ask for \
         less at once."
    )]
    Selections,
    #[error("The document selects {0:?} more than {REPEATS} times at the same place. Once is enough.")]
    Repeats(String),
}
