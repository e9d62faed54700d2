//! The auth subgraph as its clients meet it: over HTTP, on a real MongoDB.

mod federation;
mod keys;
mod registering;
mod rest;
mod rotation;
mod rotation_model;
mod signing_in;
mod support;
mod token_check;
