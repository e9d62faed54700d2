//! A service's life: what surrounds its routes, and how it starts and stops.

mod client;
mod probes;
mod proxies;
mod refusal;
mod request_id;
mod serve;
mod surround;

pub use client::Client;
pub use probes::{Check, probes, readiness};
pub use proxies::{ProxySettings, TrustedProxies};
pub(crate) use refusal::coded;
pub use request_id::{REQUEST_ID, is_fit_request_id, new_request_id};
pub use serve::{ListenError, PATIENCE_BETWEEN_REQUESTS, bind, serve};
pub use surround::surround;
