//! A job queue as a native Redis data type: one key is one queue.
//!
//! ```text
//!   server/    the only part that knows what Redis is for: commands in, replies and replication out, time, waiters
//!     │  │ └────► redis/      a safe binding to the module API; knows nothing of the others
//!     │  └──► commands/   words <-> domain: one file per command
//!     │            │
//!     └──► codec/  │      bytes <-> domain: replication, RDB, AOF
//!             │    │
//!             ▼    ▼
//!           queue/        the domain: pure, no Redis, no clock, no chance, no I/O
//! ```
//!
//! Nothing points upwards. A command's way is told in [`commands`], the life of a job in [`queue`].

pub mod codec;
pub mod commands;
pub mod queue;
mod redis;
mod server;

redis::module::export_module!(server::JobQueue);
