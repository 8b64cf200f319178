//! Stress tests of a server: it is killed, cut off, filled up, given damaged and malformed data, asked by
//! thousands at once.
//!
//! ```text
//!   durability     kill -9, truncated files
//!   expiries       kill -9 while keys expire that become jobs
//!   replication    a primary, its replica and the replica's replica under load; failover
//!   payloads       RESTORE of damaged payloads
//!   malformed      any bytes as arguments; what only a primary or a file may send
//!   many_waiters   2,000 clients that wait in JQ.CLAIM, and go
//!   several_queues the same in JQ.CLAIMANY, each for jobs of 100 queues
//!   awaits         2,000 clients that wait in JQ.AWAIT, and all that can end a wait
//!   replica_awaits the same at replicas
//!   readers        2,000 clients that wait in JQ.EVENTS
//!   batches        a million jobs in one
//!   large_moves    a million jobs deleted, moved, copied, flushed; long scripts; a clock set back
//!   memory         none left; evictions; leaks
//!   slot_migration a slot that moves to another node of a cluster as a whole
//!   clocks         a clock that is set back and ahead all the time
//!   wall_clock     the clock of the machine is set while clients wait
//!   limits         limits under fifty workers that are killed, restarts, a failover
//!
//!   load           clients that send random traffic;  replica_chain: three servers in a row
//!   consistency    do servers hold the same, does it add up;  dump: the fields of what DUMP answers
//!   settings       how long it takes and where the random numbers begin
//! ```
//!
//! `STRESS_TIMES` makes it longer, `STRESS_SEED` different; `scripts/stress` does both for hours.
#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that cannot go on may stop"
)]
#![allow(clippy::indexing_slicing, reason = "places are computed from lengths")]
#![allow(
    clippy::disallowed_methods,
    reason = "real servers run in real time; the domain's time is an argument"
)]

mod awaits;
mod batches;
mod clocks;
mod consistency;
mod dump;
mod durability;
mod expiries;
mod large_moves;
mod limits;
mod load;
mod malformed;
mod many_waiters;
mod memory;
mod payloads;
mod readers;
mod replica_awaits;
mod replica_chain;
mod replication;
mod settings;
mod several_queues;
mod slot_migration;
mod wall_clock;

/// What every server here is started with.
pub(crate) const BASICS: [(&str, &str); 5] = [
    ("module-arguments", "debug yes"),
    ("enable-debug-command", "yes"),
    ("repl-diskless-sync-delay", "0"),
    ("maxclients", "10000"),
    ("hz", "100"),
];
