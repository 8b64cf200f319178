//! Where the server enters for a command: one function each, so that what runs does not depend on the name
//! the client used (commands can be renamed).

use super::call::Call;
use super::{command_info, OK};
use crate::commands::COMMANDS;
use crate::server::{apply, debug, dispatch};
use redis_module::raw;
use std::os::raw::c_int;

/// One instance of [`command`] for each number; a function cannot loop over a const parameter.
macro_rules! table {
    ($($number:literal)*) => { [$(command::<$number>),*] };
}
/// An entry point as the server takes it.
pub(in crate::server) type Entry =
    unsafe extern "C" fn(*mut raw::RedisModuleCtx, *mut *mut raw::RedisModuleString, c_int) -> c_int;

/// Entry points of the commands, in the order of [`COMMANDS`]; there may be more of them than commands.
pub(in crate::server) static ENTRIES: [Entry; 64] = table!(
    0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31
    32 33 34 35 36 37 38 39 40 41 42 43 44 45 46 47 48 49 50 51 52 53 54 55 56 57 58 59 60 61 62 63
);
const _: () = assert!(COMMANDS.len() <= ENTRIES.len(), "a command has no entry point");

/// The entry point of JQ.APPLY.
pub(in crate::server) static APPLY: Entry = apply_entry;
/// The entry point of JQ.DEBUG.
pub(in crate::server) static DEBUG: Entry = debug_entry;

unsafe extern "C" fn command<const NUMBER: usize>(
    ctx: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    if COMMANDS.get(NUMBER).is_some_and(|command| command_info::tell_key(ctx, command.spec.key, argc)) {
        return OK;
    }
    // SAFETY: (2).
    enter(unsafe { Call::from_raw(ctx, argv, argc) }, |call| dispatch::command(NUMBER, call))
}

unsafe extern "C" fn apply_entry(
    ctx: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: (2).
    enter(unsafe { Call::from_raw(ctx, argv, argc) }, apply::command)
}

unsafe extern "C" fn debug_entry(
    ctx: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: (2).
    enter(unsafe { Call::from_raw(ctx, argv, argc) }, debug::command)
}

/// The server ignores what a command returns.
fn enter(call: Option<Call<'_>>, run: impl FnOnce(&Call<'_>)) -> c_int {
    if let Some(call) = call {
        run(&call);
    }
    OK
}
