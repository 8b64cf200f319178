//! The only part that knows Redis: commands in, replies and replication out, time, clients that wait.
//!
//! - [`dispatch`]: the one way every command takes; [`apply`] and [`debug`]: the two that take another.
//! - [`home`]: what a key holds. [`persistence`]: the same in files.
//! - [`timekeeper`], with [`registry`] and [`sweep`]: what happens by itself, at its time.
//! - [`wakeups`], with [`lines`] and [`line`]: clients that wait for jobs. [`awaits`], with [`audience`]: clients that
//!   wait for news. [`ends`]: when waits end. [`alarm`]: the timers of all three.
//! - [`hearing`], with [`listeners`]: keys that expire. [`permission`]: who may have a queue listen.
//! - [`notify`]: what has happened, for subscribers. [`info`], with [`census`] and [`durability`]: for operators.
//! - [`clock`], [`config`], [`arguments`]: what their names say.
//! - [`crate::redis`]: everything unsafe, and every function the server calls.
//!
//! Redis runs all of this on one thread. The statics are behind locks nevertheless, never held while the server is
//! called, since the server may call back; the one thing that comes on another thread is [`home::free`].

// lazy_static rather than LazyLock throughout: one way for all of them.
#![allow(clippy::non_std_lazy_statics)]

mod alarm;
mod apply;
mod arguments;
mod audience;
mod awaits;
mod census;
mod clock;
mod config;
mod debug;
mod dispatch;
mod durability;
mod ends;
mod hearing;
mod home;
mod info;
mod line;
mod lines;
mod listeners;
mod notify;
mod permission;
mod persistence;
#[path = "../redis/mod.rs"] // for now: it still names what is above it
pub(crate) mod redis;
mod registry;
mod sweep;
mod timekeeper;
mod wakeups;

use crate::codec::effects::JournalWriter;
use crate::queue::{Events, MemoryPressure, Now, Queue, Session};
use crate::redis::context::{warn, Context};
use crate::redis::name::Name;
use census::When;
use home::Value;
use std::panic::{self, AssertUnwindSafe};

/// What a client is told when something went wrong that the server's log has the details of.
const INTERNAL_ERROR: &str = "ERR internal error, see the server's log";

/// Runs `work`; None if it panicked: a panic must not reach the server, which would end. The hook has logged it.
fn guarded<R>(what: &str, work: impl FnOnce() -> R) -> Option<R> {
    match panic::catch_unwind(AssertUnwindSafe(work)) {
        Ok(result) => Some(result),
        Err(payload) => {
            // Dropping a payload can panic too.
            std::mem::forget(payload);
            warn(&format!("jq: an internal error in {what} was caught"));
            None
        }
    }
}

/// Panics go to the server's log. Without a backtrace: on servers that load modules with RTLD_DEEPBIND (Valkey
/// 8.1) printing one ends the process.
fn log_panics() {
    panic::set_hook(Box::new(|info| {
        let text = info.to_string().replace('\n', ": ");
        warn(&format!("jq: internal error, please report it: {text}"));
    }));
}

/// Begins a turn at a queue. How much memory there is has its price: it is asked for when a schedule is due.
fn begin<'q>(ctx: Context<'_>, queue: &'q mut Queue, now: Now, log: &'q mut JournalWriter) -> Session<'q> {
    let ticks = queue.next_tick().is_some_and(|due| due <= now.millis());
    let memory =
        if ticks && ctx.flags().memory_is_full() { MemoryPressure::AtLimit } else { MemoryPressure::Normal };
    Session::begin_with(memory, queue, now, log)
}

/// Tells replicas, the AOF, WATCH and client-side caches what happened to the key `name` of the selected database.
fn publish(ctx: Context<'_>, name: Name<'_>, log: JournalWriter) {
    if log.is_empty() {
        return;
    }
    for blob in log.into_blobs() {
        ctx.replicate(persistence::APPLY, name, &blob);
    }
    ctx.signal_modified(name);
}

/// What follows from every change of the queue at `name` in the selected database, wherever it came from: it is counted, and
/// those who wait for jobs or for news get them. What has happened is to be told when the key is closed.
#[must_use]
fn follow_up(ctx: Context<'_>, name: &[u8], value: &mut Value, when: When) -> Events {
    value.count(when);
    wakeups::look(ctx, name, value.queue.claimable());
    awaits::deliver(ctx, name, value);
    value.queue.take_events()
}

/// A command changed the queue at `name`: also, somebody comes round when something is due.
#[must_use]
fn changed(ctx: Context<'_>, name: Name<'_>, value: &mut Value, log: JournalWriter) -> Events {
    publish(ctx, name, log);
    timekeeper::note(ctx, name.bytes(), value);
    follow_up(ctx, name.bytes(), value, When::Now)
}

/// A database, or all of them, is emptied.
fn flushed(db: Option<i32>) {
    timekeeper::flushed(db);
    awaits::flushed(db);
}

/// Two databases change places.
fn swapped(one: i32, other: i32) {
    timekeeper::swapped(one, other);
    awaits::swapped(one, other);
}
