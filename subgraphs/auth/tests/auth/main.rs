//! The auth subgraph as its clients meet it: over HTTP, on a real MongoDB.

#![expect(
    clippy::unwrap_used,
    reason = "a test that cannot go on stops, and says where"
)]

mod abuse_budget;
mod abuse_owner;
mod abuse_scopes;
mod attempts;
mod children;
mod cookies;
mod email_change;
mod ended_sessions;
mod exporting;
mod federation;
mod hashing_queue;
mod household_model;
mod household_support;
mod households;
mod inheritance;
mod key_rotation;
mod keys;
mod leaving;
mod mailbox;
mod mailed_invitations;
mod mails;
mod no_enumeration;
mod operators;
mod passwords;
mod registering;
mod reset;
mod rest;
mod rotation;
mod security_history;
mod session_model;
mod sessions;
mod signing_in;
mod support;
mod timing;
mod token_check;
mod verification;
