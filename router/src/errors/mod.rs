//! Every error that leaves the router: its code, its message, its path.

mod locate;
mod subgraph;
mod translate;

pub(crate) use locate::{Locator, locate};
pub(crate) use subgraph::{failed, settle};
pub(crate) use translate::{WHICH_OPERATION, translate};
