//! Replies, written straight into the client's buffer.

use super::context::Context;
use redis_module::raw;
use std::ffi::CString;
use std::os::raw::{c_int, c_long};

/// Writes one reply. Counts what is still owed, so that a reply that cannot be finished can at least be
/// completed: a client must never wait for the rest of an array.
pub(crate) struct Writer<'c> {
    ctx: Context<'c>,
    owed: usize,
    begun: bool,
}

/// The functions that reply something without a value.
type Plain = Option<unsafe extern "C" fn(*mut raw::RedisModuleCtx) -> c_int>;
/// The functions that announce a container.
type Container = Option<unsafe extern "C" fn(*mut raw::RedisModuleCtx, c_long) -> c_int>;

impl<'c> Context<'c> {
    /// A reply to the client of this callback.
    pub(crate) fn reply(self) -> Writer<'c> {
        Writer { ctx: self, owed: 1, begun: false }
    }
}

impl Writer<'_> {
    /// Replies with an error, code first. If part of a reply is written already, completes it with nulls
    /// instead.
    pub(crate) fn error(&mut self, line: &str) {
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

    /// `+OK`.
    pub(crate) fn ok(&mut self) {
        self.pay();
        if let Some(reply) = api!(RedisModule_ReplyWithSimpleString) {
            // SAFETY: (1), (2), (5).
            unsafe { reply(self.ctx.as_ptr(), c"OK".as_ptr()) };
        }
    }

    /// An integer.
    pub(crate) fn int(&mut self, value: i64) {
        self.pay();
        if let Some(reply) = api!(RedisModule_ReplyWithLongLong) {
            // SAFETY: (1), (2).
            unsafe { reply(self.ctx.as_ptr(), value) };
        }
    }

    /// A binary-safe string.
    pub(crate) fn bytes(&mut self, value: &[u8]) {
        self.pay();
        if let Some(reply) = api!(RedisModule_ReplyWithStringBuffer) {
            // SAFETY: (1), (2), (5).
            unsafe { reply(self.ctx.as_ptr(), value.as_ptr().cast(), value.len()) };
        }
    }

    /// The null that stands where an array or a map would (RESP2 `*-1`, RESP3 `_`).
    pub(crate) fn null(&mut self) {
        self.plain(api!(RedisModule_ReplyWithNullArray));
    }

    /// The null that stands where a string or a number would (RESP2 `$-1`, RESP3 `_`).
    pub(crate) fn null_string(&mut self) {
        self.plain(api!(RedisModule_ReplyWithNull));
    }

    /// `len` elements follow.
    pub(crate) fn array(&mut self, len: usize) {
        self.container(api!(RedisModule_ReplyWithArray), len, len);
    }

    /// `pairs` pairs of key and value follow; the server makes it a flat array for RESP2 clients.
    pub(crate) fn map(&mut self, pairs: usize) {
        self.container(api!(RedisModule_ReplyWithMap), pairs, pairs.saturating_mul(2));
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
