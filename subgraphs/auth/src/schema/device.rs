use async_graphql::Context;
use constellation_shared::http::Client;
use constellation_shared::text::{is_control, visible};

use crate::domain::Device;

/// Longer names than this say nothing more.
const LONGEST_NAME: usize = 80;

/// The device that a sign-in comes from: what its owner calls it, and what it says it is.
pub(crate) fn device(name: Option<String>, client: Option<&Client>) -> Device {
    let name = name
        .map(|name| {
            // It stands in a list by which its owner tells friends from strangers.
            visible(&name)
                .chars()
                .filter(|c| !is_control(*c))
                .take(LONGEST_NAME)
                .collect::<String>()
        })
        .filter(|name| !name.is_empty());
    Device {
        name,
        user_agent: client.and_then(|client| client.user_agent.clone()),
        address: client.and_then(|client| client.address),
    }
}

/// The same for a resolver.
pub(super) fn device_of(ctx: &Context<'_>, name: Option<String>) -> Device {
    device(name, ctx.data_opt::<Client>())
}
