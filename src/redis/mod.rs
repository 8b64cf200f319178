//! The boundary to the server: everything unsafe, and as little else as possible.
//!
//! Every `extern "C"` function of the module is here; each turns its pointers into safe types, calls one safe
//! function and returns. What the server promises, and the SAFETY lines refer to by number:
//!
//! 1. *Table.* `RedisModule_Init` fills in the API functions before anything else of the module runs, and nobody
//!    changes them afterwards. [`required`] lists those that every function here may count on.
//! 2. *Call.* The pointers a callback receives are valid until it returns. Callbacks come one at a time, on the
//!    main thread or in a forked child (one may be nested in a call into the server); only `free` may come on
//!    another thread.
//! 3. *Value.* A value pointer is one that [`value::into_raw`] made. It is given to `free` once, and to nobody
//!    after that; while any other callback has it nobody frees it.
//! 4. *Key.* An open key stays valid until it is closed. The module has at most one open at a time and closes
//!    it before it calls whatever could call back for the same value, so the value in it is borrowed once.
//! 5. *Copy.* The server copies texts, buffers and tables it is given before the call returns, and takes any
//!    bytes where a length is given.
#![allow(unsafe_code)]

/// The server's function of that name, if this server has it.
macro_rules! api {
    ($name:ident) => {{
        // SAFETY: (1) read only after it was filled in, or while it is still None.
        unsafe { redis_module::raw::$name }
    }};
}

mod allocator;
pub(super) mod blocking;
pub(super) mod call;
pub(super) mod clock;
pub(super) mod command_info;
pub(super) mod config;
pub(super) mod context;
mod entries;
pub(super) mod events;
pub(super) mod info;
pub(super) mod key;
pub(super) mod keyspace;
mod load;
pub(super) mod name;
pub(super) mod permission;
pub(super) mod persistence;
pub(super) mod reply;
pub(super) mod scan;
pub(super) mod server_facts;
pub(super) mod timer;
mod value;

pub(super) use entries::{APPLY, DEBUG, ENTRIES};

use std::os::raw::c_int;

/// What `RM_*` functions and callbacks answer when all is well.
const OK: c_int = 0;
/// ... and when not.
const ERR: c_int = 1;

/// A constant of the API as the `int` the API takes; they all fit.
#[allow(clippy::cast_possible_wrap)]
const fn int(constant: u32) -> c_int {
    constant as c_int
}
