//! What the tests and tools share: servers, clients, deadlines, random numbers, traffic, damaged bytes.
//!
//! ```text
//!   server     a private redis-server: start, kill, restart;  binaries: which one, and which module
//!   process    a child process that ends together with its parent;  ports: free ones
//!   client     a connection of a test;  info: the fields of INFO
//!   deadline   waiting for a condition
//!   rng        random numbers that can be repeated;  traffic: random commands made of them
//!   damage     damaged bytes
//!   figures    numbers as people read them
//! ```
//!
//! It knows the module only as Redis does: by its path and by its commands.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on may stop"
)]
#![allow(clippy::indexing_slicing, reason = "indexes are computed from lengths")]
#![allow(clippy::disallowed_methods, reason = "real servers run in real time")]
#![allow(
    clippy::must_use_candidate,
    clippy::missing_panics_doc,
    reason = "these are tests: what they do not use shows, and they panic when they fail"
)]

pub mod binaries;
pub mod client;
pub mod damage;
pub mod deadline;
pub mod figures;
pub mod info;
pub mod ports;
pub mod process;
pub mod rng;
pub mod server;
pub mod traffic;

pub use client::Client;
pub use server::Server;

/// Why something could not be done. It is only ever printed, and threads pass it on.
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
