//! What the graph promises to its clients, whatever it runs as.

mod authorization;
mod cookies;
mod ended_sessions;
mod errors;
mod family_year;
mod federation;
mod first_light;
mod household_roles;
mod households;
mod leaving;
mod live;
mod offline;
mod permissions;
mod privacy;
mod rust_client;
mod signing_in;
mod token_check;

use tokio::sync::OnceCell;

use crate::support::Stack;

/// The stack that all tests of one topology share. Each test signs up people of its own.
async fn stack() -> &'static Stack {
    static STACK: OnceCell<Stack> = OnceCell::const_new();
    STACK.get_or_init(|| Stack::start(super::TOPOLOGY)).await
}
