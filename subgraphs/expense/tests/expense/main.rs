//! The promises of the expense subgraph, kept over real HTTP and a real MongoDB.

mod authorization;
mod batches;
mod changing;
mod crashes;
mod federation;
mod history;
mod lists;
mod model;
mod pages;
mod program;
mod recording;
mod support;
mod token_check;
mod totals;
