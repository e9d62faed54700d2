//! What the tests of every subgraph share: a clock to move, a forge of good and bad access tokens, and a wire
//! to the database that can be cut.
//!
//! Nothing that ships depends on this crate.

mod bad_tokens;
mod clock;
mod forge;
mod wire;

pub use clock::ManualClock;
pub use forge::{AUDIENCE, ISSUER, TokenForge};
pub use wire::{Cut, Wire};
