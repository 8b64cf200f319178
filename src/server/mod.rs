//! The part that knows what the product does inside Redis: commands in, replies and replication out, time,
//! blocked clients.
//!
//! What is where, from the top; no file imports one on a floor above its own:
//!
//! ```text floors
//! load                             | what Redis gets when it loads the module
//! registration info                | the commands as Redis knows them, the section of INFO
//! dispatch apply debug persistence | what Redis calls: commands, files
//! background                       | what happens without a command: timers, expired keys, blocked clients
//! edit                             | the one way in which a queue under a key is changed
//! directory blocked                | where live queues are, which clients are blocked
//! value earliest_timer             | what is behind a key; one timer for the earliest of many instants
//! key_handle                       | what the process knows of where a queue's key is
//! arguments config permission      | what operators and access rules say
//! totals durability notifications  | what INFO and subscribers get
//! location clock reply panics journal_memory | for all of them
//! ```
//!
//! The floors from `edit` up open keys. Those below never do: where they find that something has to be done
//! with a queue, they set a timer, whose work is written above (`impl OnTimer for …` in [`background`]).
//!
//! Redis runs all of this on one thread. The statics are behind locks nevertheless, which are never held
//! while Redis is called, since it may call back; the one thing that comes on another thread is
//! [`value::free`].

// lazy_static rather than LazyLock throughout: one way for all of them.
#![allow(clippy::non_std_lazy_statics)]

mod apply;
mod arguments;
mod background;
mod blocked;
mod clock;
mod config;
mod debug;
mod directory;
mod dispatch;
mod durability;
mod earliest_timer;
mod edit;
mod info;
mod journal_memory;
mod key_handle;
mod load;
mod location;
mod notifications;
mod panics;
mod permission;
mod persistence;
mod registration;
mod reply;
mod totals;
mod value;

pub(crate) use load::JobQueue;
