//! A job queue as a native Redis data type: one key is one queue.
//!
//! ```text floors
//! server         | what happens inside Redis: commands, replies, replication, time, blocked clients
//! commands codec | words <-> domain, one file per command; bytes <-> domain: replication, RDB, AOF
//! queue          | the domain: pure, no Redis, no clock, no chance, no I/O
//! redis          | a safe binding to the module API; knows nothing of the others, only server uses it
//! ```
//!
//! Nothing points up, and no file imports itself by way of others: `tests/layout` reads this drawing and the
//! source. The way of a command is described in [`commands`], the life of a job in [`queue`].

pub mod codec;
pub mod commands;
pub mod queue;
mod redis;
mod server;

redis::module::export_module!(server::JobQueue);
