//! The GraphQL types of the expense subgraph. Their doc comments are published as the schema's descriptions.

mod budget;
mod change;
mod conflict;
mod cursor;
mod exchange;
mod expense;
mod export;
mod feed;
mod feed_cursor;
mod filter;
mod household;
mod live;
mod loaders;
mod money;
mod mutations;
mod order;
mod query;
mod scalars;
mod settling;
mod sharing;
mod totals;
mod user;

use async_graphql::{Schema, SchemaBuilder};
use constellation_shared::graphql::{self, Entities, Limits, with_limits};

use crate::ledger::Ledger;
use crate::store::ExpenseStore;
pub(crate) use feed_cursor::FeedCursors;
use live::Subscription;
use loaders::LoadersPerRequest;
use mutations::Mutation;
use query::Query;

pub(crate) type ExpenseSchema = Schema<Entities<Query>, Mutation, Subscription>;

/// The schema, with all that its resolvers need.
pub(crate) fn build(store: ExpenseStore, ledger: Ledger, cursors: FeedCursors) -> ExpenseSchema {
    with_limits(bare(), Limits::default())
        .extension(LoadersPerRequest::new(store.clone()))
        .data(store)
        .data(cursors)
        .data(ledger)
        .finish()
}

pub(crate) fn sdl() -> String {
    graphql::sdl(&bare().finish())
}

fn bare() -> SchemaBuilder<Entities<Query>, Mutation, Subscription> {
    Schema::build(Entities(Query), Mutation::default(), Subscription)
        .enable_federation()
        .enable_subscription_in_federation()
}
