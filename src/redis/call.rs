//! One call of a command: its context and its words.

use super::context::Context;
use super::name::{self, Name};
use redis_module::raw;
use smallvec::SmallVec;
use std::os::raw::c_int;

/// The words of a command; on the stack unless there are many.
pub(crate) type Words<'c> = SmallVec<[&'c [u8]; 16]>;

/// A call as it came.
#[derive(Clone, Copy)]
pub(crate) struct Call<'c> {
    /// The server, for this call.
    pub(crate) ctx: Context<'c>,
    argv: &'c [*mut raw::RedisModuleString],
}

impl<'c> Call<'c> {
    /// # Safety
    /// `ctx` and the `argc` strings at `argv` stay valid for `'c`.
    pub(super) unsafe fn from_raw(
        ctx: *mut raw::RedisModuleCtx,
        argv: *mut *mut raw::RedisModuleString,
        argc: c_int,
    ) -> Option<Self> {
        // SAFETY: the caller's promise.
        let ctx = unsafe { Context::from_raw(ctx) }?;
        let argc = usize::try_from(argc).ok()?;
        // SAFETY: the caller's promise.
        let argv = if argv.is_null() { &[] } else { unsafe { std::slice::from_raw_parts(argv, argc) } };
        Some(Call { ctx, argv })
    }

    /// The command's name and the words after it.
    pub(crate) fn words(&self) -> Words<'c> {
        // SAFETY: valid for 'c, as `from_raw` was promised.
        self.argv.iter().map(|&word| unsafe { name::bytes(word) }).collect()
    }

    /// The names of `count` keys, in a command whose first word says how many follow.
    pub(crate) fn counted_keys(&self, count: usize) -> Vec<Name<'c>> {
        // SAFETY: valid for 'c, as `from_raw` was promised.
        self.argv.iter().skip(2).take(count).map(|&word| unsafe { Name::from_raw(word) }).collect()
    }

    /// The key's name: the first word after the command's.
    pub(crate) fn key(&self) -> Option<Name<'c>> {
        // SAFETY: valid for 'c, as `from_raw` was promised.
        self.argv.get(1).map(|&word| unsafe { Name::from_raw(word) })
    }
}
