//! The only part that knows Redis: commands in, replies and replication out, time, clients that wait.
//!
//! - [`load`], with [`registration`]: what the server gets when it loads the module.
//! - [`dispatch`]: the one way every command takes; [`apply`] and [`debug`]: the two that take another.
//! - [`edit`]: the one way a queue is changed. [`home`]: what a key holds. [`persistence`]: the same in files.
//! - [`timekeeper`], with [`registry`] and [`sweep`]: what happens by itself, at its time.
//! - [`wakeups`], with [`lines`] and [`line`]: clients that wait for jobs. [`awaits`], with [`audience`]: clients that
//!   wait for news. [`ends`]: when waits end. [`alarm`]: the timers of all three.
//! - [`hearing`], with [`listeners`]: keys that expire. [`permission`]: who may have a queue listen.
//! - [`notify`]: what has happened, for subscribers. [`info`], with [`census`] and [`durability`]: for operators.
//! - [`clock`], [`config`], [`arguments`]: what their names say.
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
mod edit;
mod ends;
mod hearing;
mod home;
mod info;
mod line;
mod lines;
mod listeners;
mod load;
mod notify;
mod permission;
mod persistence;
mod registration;
mod registry;
mod reply;
mod sweep;
mod timekeeper;
mod wakeups;

pub(crate) use load::JobQueue;

use crate::redis::context::warn;
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
