//! The promises of the expense subgraph, kept over real HTTP and a real MongoDB.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

mod amplification;
mod authorization;
mod batches;
mod bounded;
mod changing;
mod crashes;
mod erasing;
mod exchanges;
mod exporting;
mod family;
mod federation;
mod folding;
mod history;
mod households;
mod joining;
mod ledger_model;
mod lists;
mod live;
mod model;
mod offline;
mod once;
mod pages;
mod plans;
mod program;
mod recording;
mod scale;
mod settle_up;
mod settling;
mod stalls;
mod support;
mod token_check;
mod totals;
