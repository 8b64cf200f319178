//! Replies, written straight into the client's buffer.

use super::context::Context;
use crate::commands::error::Error;
use crate::commands::reply::Reply;
use redis_module::raw;
use std::ffi::CString;
use std::os::raw::{c_int, c_long};

/// Writes one reply. Counts what is still owed, so that a reply that cannot be finished can at least be
/// completed: a client must never be left waiting for the rest of an array.
pub(in crate::server) struct Writer<'c> {
    ctx: Context<'c>,
    owed: usize,
    begun: bool,
}

/// The functions that answer something without any value.
type Plain = Option<unsafe extern "C" fn(*mut raw::RedisModuleCtx) -> c_int>;
/// The functions that announce a container.
type Container = Option<unsafe extern "C" fn(*mut raw::RedisModuleCtx, c_long) -> c_int>;

impl<'c> Writer<'c> {
    pub(super) fn new(ctx: Context<'c>) -> Self {
        Writer { ctx, owed: 1, begun: false }
    }

    /// Answers an error; if part of a reply is written already, completes it with nulls instead.
    pub(in crate::server) fn error(&mut self, error: &Error) {
        self.error_line(error.as_str());
    }

    /// The same for a text that is no command's error.
    pub(in crate::server) fn error_line(&mut self, line: &str) {
        while self.begun && self.owed > 0 {
            self.null();
        }
        if self.begun {
            return;
        }
        let (Some(reply), Ok(line)) = (api!(RedisModule_ReplyWithError), CString::new(line)) else { return };
        self.pay();
        // SAFETY: (1), (2), (5).
        unsafe { reply(self.ctx.as_ptr(), line.as_ptr()) };
    }

    /// One of the elements that are owed is written.
    fn pay(&mut self) {
        self.begun = true;
        self.owed = self.owed.saturating_sub(1);
    }

    fn plain(&mut self, reply: Plain) {
        self.pay();
        if let Some(reply) = reply {
            // SAFETY: (1), (2).
            unsafe { reply(self.ctx.as_ptr()) };
        }
    }

    fn container(&mut self, reply: Container, len: usize, elements: usize) {
        self.pay();
        self.owed = self.owed.saturating_add(elements);
        if let (Some(reply), Ok(len)) = (reply, c_long::try_from(len)) {
            // SAFETY: (1), (2).
            unsafe { reply(self.ctx.as_ptr(), len) };
        }
    }
}

impl Reply for Writer<'_> {
    fn ok(&mut self) {
        self.pay();
        if let Some(reply) = api!(RedisModule_ReplyWithSimpleString) {
            // SAFETY: (1), (2), (5).
            unsafe { reply(self.ctx.as_ptr(), c"OK".as_ptr()) };
        }
    }

    fn int(&mut self, value: i64) {
        self.pay();
        if let Some(reply) = api!(RedisModule_ReplyWithLongLong) {
            // SAFETY: (1), (2).
            unsafe { reply(self.ctx.as_ptr(), value) };
        }
    }

    fn bytes(&mut self, value: &[u8]) {
        self.pay();
        if let Some(reply) = api!(RedisModule_ReplyWithStringBuffer) {
            // SAFETY: (1), (2), (5).
            unsafe { reply(self.ctx.as_ptr(), value.as_ptr().cast(), value.len()) };
        }
    }

    fn null(&mut self) {
        self.plain(api!(RedisModule_ReplyWithNullArray));
    }

    fn array(&mut self, len: usize) {
        self.container(api!(RedisModule_ReplyWithArray), len, len);
    }

    fn map(&mut self, pairs: usize) {
        // For RESP2 clients the server itself makes it a flat array.
        self.container(api!(RedisModule_ReplyWithMap), pairs, pairs.saturating_mul(2));
    }
}
