//! Every error that leaves the router: its code, its message, its path.

mod enum_values;
mod locate;
mod subgraph;
mod translate;

pub(crate) use enum_values::code_enum_errors;
pub(crate) use locate::{Locator, locate};
pub(crate) use subgraph::{failed, settle};
pub(crate) use translate::{UNREACHED, WHICH_OPERATION, translate};
