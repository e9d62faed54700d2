use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::extract::{ConnectInfo, FromRequestParts};
use http::header::USER_AGENT;
use http::request::Parts;

use super::TrustedProxies;

/// The device behind a request, as far as it can be told.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Client {
    /// What the client says it is, cut to a sane length.
    pub user_agent: Option<String>,
    /// The network address that it can be reached at, as far as it is known; see [`TrustedProxies`].
    pub address: Option<IpAddr>,
}

/// Longer user agents than this only carry noise.
const LONGEST_USER_AGENT: usize = 256;

impl<S: Send + Sync> FromRequestParts<S> for Client {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, Infallible> {
        let user_agent = parts
            .headers
            .get(USER_AGENT)
            .and_then(|value| value.to_str().ok())
            .map(|text| text.chars().take(LONGEST_USER_AGENT).collect());
        // There is no connection when the router calls in memory.
        let peer = parts
            .extensions
            .get::<ConnectInfo<SocketAddr>>()
            .map(|info| info.0.ip());
        let address = match parts.extensions.get::<TrustedProxies>() {
            Some(trusted) => trusted.client(peer, &parts.headers),
            // A service that was told of no proxies has no use for the address either.
            None => peer,
        };
        Ok(Self { user_agent, address })
    }
}
