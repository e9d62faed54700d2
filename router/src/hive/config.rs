use hive_router::config::HiveRouterConfig;
use hive_router::executor::hooks::on_supergraph_load::SupergraphOptions;
use http::header::{AUTHORIZATION, COOKIE, SET_COOKIE, USER_AGENT};
use serde_json::{Value, json};

use super::GRAPHQL_PATH;
use crate::doors::Doors;
use crate::edge::FORWARDED_FOR;
use crate::options::{RouterOptions, SubgraphTransport};
use constellation_shared::http::{PATIENCE_BETWEEN_REQUESTS, REQUEST_ID};

/// The headers that forbid a browser to send a request to a foreign origin without asking first. A GET must carry one:
/// otherwise any web page could make a visitor's browser call a router in that visitor's own network. A POST need not,
/// because its `Content-Type: application/json` has the same effect.
const PREFLIGHT_HEADERS: [&str; 3] = [
    "authorization",
    "graphql-require-preflight",
    "apollo-require-preflight",
];

/// The only subgraph that gets a cookie, and may set one.
const KEEPER_OF_COOKIES: &str = "auth";

/// What Hive Router is told, in the words of its own configuration file. Its environment variables are not read: every
/// setting of this product has one name, ours.
pub(crate) fn config(options: &RouterOptions, doors: &Doors) -> Result<HiveRouterConfig, serde_json::Error> {
    let limits = options.limits;
    let timeouts = options.timeouts;
    serde_json::from_value(json!({
        // The supergraph is handed over by the plugin, for every request: see `supergraph.rs`.
        "supergraph": { "source": "plugin" },
        "http": { "graphql_endpoint": GRAPHQL_PATH },
        "laboratory": { "enabled": false },
        "introspection": options.introspection,
        // What Hive says in a stream is taken from it at once (see `live/`), so none of these ever fills up but by entities
        // that another subgraph is slow to tell of.
        "subscriptions": { "enabled": true, "broadcast_capacity": 256, "subgraph_buffer_capacity": 4096 },
        "cors": cors(&options.cors_origins),
        "csrf": { "enabled": true, "required_headers": PREFLIGHT_HEADERS },
        "headers": {
            "all": { "request": [{
                "propagate": { "named": [
                    AUTHORIZATION.as_str(),
                    REQUEST_ID.as_str(),
                    USER_AGENT.as_str(),
                    FORWARDED_FOR.as_str(),
                ] },
            }] },
            // Of a client's cookies only the one with a refresh token has got here: see `edge/cookies.rs`.
            "subgraphs": { KEEPER_OF_COOKIES: {
                "request": [{ "propagate": { "named": COOKIE.as_str() } }],
                "response": [{ "propagate": { "named": SET_COOKIE.as_str(), "algorithm": "append" } }],
            } },
        },
        "limits": {
            // Fragments are how clients put their queries together, and cost nothing by themselves.
            "max_depth": { "n": limits.depth, "flatten_fragments": true },
            "max_aliases": { "n": limits.aliases },
            "max_directives": { "n": limits.directives },
            "max_tokens": { "n": limits.tokens },
            "max_request_body_size": format!("{}B", limits.body),
        },
        "traffic_shaping": {
            "router": {
                "request_timeout": milliseconds(timeouts.request),
                // Streams are counted where they are made, by person too: see `shared::graphql`.
                "max_long_lived_clients": 0,
                // Two requests are never answered with one answer. Keyed by every header, the request id among them,
                // nothing would ever match; keyed by fewer, a mistake would show one person another's expenses.
                "dedupe": { "enabled": false },
                // What a cookie gets is told to pages of known origins only, so nobody else can make a browser ask for a
                // secret and watch its size.
                "compression": { "response": { "enabled": true }, "request": { "enabled": true } },
            },
            "all": {
                "request_timeout": milliseconds(timeouts.subgraph),
                "pool_idle_timeout": milliseconds(PATIENCE_BETWEEN_REQUESTS / 2),
                "dedupe_enabled": false,
            },
        },
        // Messages are kept or hidden by `errors/`, which knows our codes; this would hide them all.
        "error_masking": { "enabled": false },
        "override_subgraph_urls": { "subgraphs": urls(options, doors) },
        // Nobody reads traces of Hive's yet, and headers of a client should not choose what is recorded.
        "telemetry": { "tracing": { "propagation": {
            "trace_context": false, "baggage": false, "b3": false, "jaeger": false,
        } } },
    }))
}

fn cors(origins: &[String]) -> Value {
    json!({
        "enabled": !origins.is_empty(),
        "policies": [{ "origins": origins }],
        "methods": ["GET", "POST", "OPTIONS"],
        "allow_headers": ["Authorization", "Content-Type", "GraphQL-Require-Preflight", "X-Request-Id"],
        "expose_headers": ["X-Request-Id"],
        // For the cookie with the refresh token.
        "allow_credentials": true,
        "max_age": 86400,
    })
}

fn urls(options: &RouterOptions, doors: &Doors) -> Value {
    options
        .subgraphs
        .iter()
        .filter_map(|(name, transport)| match transport {
            // Where its subscriptions are asked for; everything else never leaves the process.
            SubgraphTransport::InMemory(_) => Some((name.clone(), json!({ "url": doors.url(name)? }))),
            SubgraphTransport::Http(url) => Some((name.clone(), json!({ "url": url.as_str() }))),
        })
        .collect()
}

fn milliseconds(duration: std::time::Duration) -> String {
    format!("{}ms", duration.as_millis())
}

/// The part of the configuration that belongs to a supergraph.
pub(crate) fn supergraph_options(config: &HiveRouterConfig) -> SupergraphOptions {
    let mut options = SupergraphOptions::default();
    options.traffic_shaping = (&config.traffic_shaping).into();
    options.override_subgraph_urls = config.override_subgraph_urls.clone();
    options.headers = config.headers.clone();
    options.subscriptions = (&config.subscriptions).into();
    options.error_masking = config.error_masking.clone();
    options
}
