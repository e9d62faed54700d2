//! Serving a subgraph's schema over HTTP, and what every schema shares.

mod connection;
mod currency_code;
mod date_time;
mod endpoint;
mod entities;
mod errors;
mod limits;
mod nesting;
mod operation;
mod places;
mod screen;
mod sdl;
mod size;
mod subscription;

pub use connection::{PageArguments, complexity, page_info};
pub use currency_code::CurrencyCode;
pub use date_time::DateTime;
pub use endpoint::endpoint;
pub use entities::Entities;
pub use limits::{LONGEST_TEXT, Limits, with_limits};
pub use sdl::sdl;
