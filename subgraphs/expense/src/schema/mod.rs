//! The GraphQL types of the expense subgraph. Their doc comments are published as the schema's descriptions.

mod budget;
mod change;
mod conflict;
mod cursor;
mod expense;
mod filter;
mod household;
mod loaders;
mod money;
mod mutations;
mod order;
mod query;
mod scalars;
mod sharing;
mod totals;
mod user;

use async_graphql::{EmptySubscription, Schema, SchemaBuilder};
use constellation_shared::graphql::{self, Entities, Limits, with_limits};

use crate::ledger::Ledger;
use crate::store::ExpenseStore;
use loaders::LoadersPerRequest;
use mutations::Mutation;
use query::Query;

pub(crate) type ExpenseSchema = Schema<Entities<Query>, Mutation, EmptySubscription>;

/// The schema, with all that its resolvers need.
pub(crate) fn build(store: ExpenseStore, ledger: Ledger) -> ExpenseSchema {
    with_limits(bare(), Limits::default())
        .extension(LoadersPerRequest::new(store))
        .data(ledger)
        .finish()
}

pub(crate) fn sdl() -> String {
    graphql::sdl(&bare().finish())
}

fn bare() -> SchemaBuilder<Entities<Query>, Mutation, EmptySubscription> {
    Schema::build(Entities(Query), Mutation::default(), EmptySubscription).enable_federation()
}
