//! A job queue as a native Redis data type: one key is one queue.
//!
//! ```text
//!   server/    the only part that knows Redis: commands in, replies and replication out, time, waiters
//!     │  │
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
mod server;

use server::redis;
