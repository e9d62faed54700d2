//! The programs themselves: how they start, refuse to start, and stop.

mod refusing;
mod running;
mod schema;
mod users;
