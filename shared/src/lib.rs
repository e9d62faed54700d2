//! What every subgraph needs and none owns.
//!
//! | module | what it holds |
//! |---|---|
//! | [`auth`] | verifying access tokens: who is calling. Nothing here can sign one. |
//! | [`erased`] | accounts that were erased, and how a subgraph erases what it has of their owners |
//! | [`error`] | the error codes of the whole graph, and what a caller may be shown |
//! | [`graphql`] | serving a subgraph's schema over HTTP, and the scalars all subgraphs share |
//! | [`http`] | a service's life: request ids, health, limits, graceful stop |
//! | [`mongo`] | connecting to MongoDB and telling its errors apart |
//! | [`page`] | parts of lists, as Relay's connections ask for them |
//! | [`id`], [`clock`], [`entropy`] | typed ids; time and randomness as values that are passed in |
//! | [`text`] | text that people write, without what nobody can see in it |
//! | [`currency`], [`household`] | what money is counted in; what a token says of households |
//! | [`telemetry`], [`program`] | logs, and what every `main` does |
//!
//! Invariant: no business rule lives here, and no type that belongs to one subgraph alone.

pub mod auth;
pub mod clock;
pub mod currency;
pub mod entropy;
pub mod erased;
pub mod error;
pub mod graphql;
pub mod household;
pub mod http;
pub mod id;
pub mod mongo;
pub mod page;
pub mod program;
pub mod telemetry;
pub mod text;
