//! Starting the real programs, and speaking to them as a client does.

mod client;
mod live;
mod program;
mod stack;

pub(crate) use client::{Answer, PASSWORD, Person, assert_well_formed, post, unique};
pub(crate) use live::{BOTH, Live, Said, Transport};
pub(crate) use program::Program;
pub(crate) use stack::{Stack, Topology, workspace};
