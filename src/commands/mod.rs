//! The commands: one file each, with its syntax, how its arguments are parsed, what it does to the queue and
//! what it replies.
//!
//! ```text
//!   arguments ──parse──► request ──run──► the queue decides, journals, changes ──► reply
//! ```
//!
//! All arguments are parsed before the key is opened. A request that was accepted can only fail because of a
//! limit of the queue, and then before its first change.
//!
//! - [`command`]: what a command has to have, by its kind. [`list`]: all of them, entered once.
//! - [`args`], [`options`], [`choice`], [`names`], [`selection`], [`field_args`]: how arguments are parsed. [`spec`]: what Redis knows of a command.
//! - [`reply`], [`fields`], [`shown_options`], [`error`]: what a command can reply.
//! - One folder for each chapter of the manual: [`producing`], [`consuming`], [`batching`], [`inspecting`],
//!   [`events`], [`admin`], [`triggers`]. [`settings`] are the fields of JQ.CONFIG.
//! - [`internal`]: the commands that are not for clients. [`standalone`]: commands without a server.

mod admin;
pub mod args;
mod batching;
mod choice;
mod command;
mod consuming;
pub mod error;
mod events;
mod field_args;
mod fields;
mod inspecting;
pub mod internal;
mod list;
#[cfg(test)]
mod manual;
mod name_cursor;
mod names;
#[cfg(test)]
mod nulls;
#[cfg(test)]
mod option_pairs;
mod options;
mod producing;
pub mod reply;
mod selection;
pub mod settings;
mod shown_options;
pub mod spec;
pub mod standalone;
mod triggers;

pub use args::ArgLimits;
pub use batching::{reply_event, reply_now};
pub use command::{
    change, parse, parse_counted, parse_shown, visit, AwaitCommand, AwaitRequest, BlockedClaim, Command, Env,
    FirstQueueCommand, NoWorkers, PageRequest, ReadCommand, ShowOrSetCommand, Visit, WaitingWorker,
    WaitingWorkers, WriteCommand, WriteOutcome,
};
pub use list::{visit_all, CommandVisitor};

/// The most jobs, ids or rows that one call may name or ask for.
const MAX_ITEMS: u64 = 10_000;

/// The most queues that one call may name: each is opened, while every other client waits.
const MAX_QUEUES: u64 = 1000;

/// So many bytes of a result, a progress or fields a server takes at its memory limit: workers have to go on there, and what
/// they can add is bounded by this for each of their jobs.
const ROOM_AT_MEMORY_LIMIT: usize = 1024;
/// How many jobs JQ.RETRY, JQ.PURGE, JQ.CANCEL and JQ.PROMOTE change at most without COUNT: while they run, every other
/// client waits, so they take less than a millisecond or two.
const DEFAULT_CHANGES: usize = 1000;
/// How many rows a listing replies with when COUNT is not given.
const DEFAULT_ROWS: usize = 10;
