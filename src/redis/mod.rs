//! A small safe binding to the module API of Redis and Valkey, which knows nothing of the rest of the crate.
//!
//! Callers implement a trait of this folder, such as [`timer::OnTimer`] or [`command::OnCommand`], and pass
//! the type on. Each `extern "C"` function is generic over such a type: it turns its pointers into safe
//! types, calls one safe function and returns. These are the promises of the server to which the SAFETY
//! comments refer by number:
//!
//! 1. *Table.* `RedisModule_Init` fills in the API functions before anything else of the module runs, and
//!    nothing changes them afterwards. [`module::missing`] lists those that every function here may count on.
//! 2. *Call.* The pointers a callback receives are valid until it returns. Callbacks come one at a time, on
//!    the main thread or in a forked child (one may be nested in a call into the server); only `free` may
//!    come on another thread.
//! 3. *Value.* A value pointer is one that [`data_type::into_raw`] made of a value of the same type. It is
//!    given to `free` once, and to no callback after that; while any other callback has it, it is not freed.
//! 4. *Key.* An open key stays valid until it is closed. The module has at most one open at a time and closes
//!    it before it calls whatever could call back for the same value, so the value in it is borrowed once.
//! 5. *Copy.* The server copies texts, buffers and tables it is given before the call returns, and takes any
//!    bytes where a length is given.
//!
//! Implementations of the traits must not panic: a panic that reaches the server ends it.
//!
//! What is where; no file imports one on a floor above its own:
//!
//! ```text floors
//! command command_info blocking         | commands, and clients that are blocked
//! data_type io key scan                 | values: as the server stores, saves, opens and finds them
//! timer event_loop keyspace server_events | what happens without a command
//! config info acl server_info cluster   | settings, INFO, access control, the server's own settings, slots
//! module                                | loading the module
//! call context reply                    | what a callback can use
//! name clock allocator                  | strings, the clock, memory
//! ```
#![allow(unsafe_code)]

/// The server's function of that name, if this server has it.
macro_rules! api {
    ($name:ident) => {{
        // SAFETY: (1) read only after it was filled in, or while it is still None.
        unsafe { redis_module::raw::$name }
    }};
}

pub(crate) mod acl;
mod allocator;
pub(crate) mod blocking;
pub(crate) mod call;
pub(crate) mod clock;
pub(crate) mod cluster;
pub(crate) mod command;
pub(crate) mod command_info;
pub(crate) mod config;
pub(crate) mod context;
pub(crate) mod data_type;
pub(crate) mod event_loop;
pub(crate) mod info;
pub(crate) mod io;
pub(crate) mod key;
pub(crate) mod keyspace;
pub(crate) mod module;
pub(crate) mod name;
pub(crate) mod reply;
pub(crate) mod scan;
pub(crate) mod server_events;
pub(crate) mod server_info;
pub(crate) mod timer;

use std::os::raw::c_int;

/// What `RM_*` functions and callbacks return when all is well.
const OK: c_int = 0;
/// What they return otherwise.
const ERR: c_int = 1;

/// A constant of the API as the `int` the API takes; they all fit.
#[allow(clippy::cast_possible_wrap)]
const fn int(constant: u32) -> c_int {
    constant as c_int
}
