//! What the tests of every subgraph share: a clock to move, and a forge of good and bad access tokens.
//!
//! Nothing that ships depends on this crate.

mod bad_tokens;
mod clock;
mod forge;

pub use clock::ManualClock;
pub use forge::{AUDIENCE, ISSUER, TokenForge};
