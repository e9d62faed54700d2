//! The auth subgraph as its clients meet it: over HTTP, on a real MongoDB.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

mod federation;
mod keys;
mod registering;
mod rest;
mod rotation;
mod rotation_model;
mod sessions;
mod signing_in;
mod support;
mod token_check;
