//! What surrounds every request, and the pages that are not the graph.

mod cookies;
mod pages;
mod surround;

use http::HeaderName;

pub(crate) use cookies::may_use_cookie;
pub(crate) use pages::{Pages, READY_PATH, coded_body, configure, unknown};
pub(crate) use surround::Surround;

/// The addresses that a request has come through, its sender's last.
pub(crate) const FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");
