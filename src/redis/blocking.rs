//! Clients that wait on a key.

use super::context::Context;
use super::name::Name;
use super::{ERR, OK};
use crate::server::{awaits, wakeups};
use redis_module::raw;
use std::os::raw::{c_int, c_longlong, c_void};
use std::ptr::{self, NonNull};

/// A client that is blocked.
#[derive(Debug)]
pub(in crate::server) struct Blocked(NonNull<raw::RedisModuleBlockedClient>);

// SAFETY: (2) made, kept and used by callbacks on the main thread only; the static it is kept in has to be Send.
unsafe impl Send for Blocked {}

/// Who a blocked client is, to those who made it wait.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) enum Ticket {
    /// It waits for jobs.
    Claim(u64),
    /// It waits for news.
    Await(u64),
}

impl Ticket {
    /// As the number that the server keeps for the callbacks.
    fn pack(self) -> u64 {
        match self {
            Ticket::Claim(number) => number << 1,
            Ticket::Await(number) => number << 1 | 1,
        }
    }

    fn unpack(packed: u64) -> Self {
        if packed & 1 == 0 {
            Ticket::Claim(packed >> 1)
        } else {
            Ticket::Await(packed >> 1)
        }
    }
}

/// Blocks the client of this call on `key`, for at most `ms` (0: for ever). `ticket` is what the callbacks get.
/// None: the server refuses, and has answered the client where it must.
pub(in crate::server) fn block(ctx: Context<'_>, key: Name<'_>, ms: u64, ticket: Ticket) -> Option<Blocked> {
    let block = api!(RedisModule_BlockClientOnKeys)?;
    let ms = c_longlong::try_from(ms).ok()?;
    let data = ptr::without_provenance_mut::<c_void>(usize::try_from(ticket.pack()).ok()?);
    let mut keys = [key.raw];
    let (keys, count) = (keys.as_mut_ptr(), 1);
    // SAFETY: (1), (2), (5) the names are copied; the ticket is a number, never followed.
    let client =
        unsafe { block(ctx.as_ptr(), Some(signalled), Some(answered), Some(freed), ms, keys, count, data) };
    NonNull::new(client).map(Blocked)
}

impl Blocked {
    /// Lets the server call `answered` for this client: before this returns on some servers, soon after on
    /// others. So the caller must not hold a lock, an open key or a borrow of a queue.
    pub(in crate::server) fn unblock(self) {
        if let Some(unblock) = api!(RedisModule_UnblockClient) {
            // SAFETY: (1) the client is still blocked: its waiter would have left the line otherwise.
            unsafe { unblock(self.0.as_ptr(), ptr::null_mut()) };
        }
    }
}

/// The server's own signal, when a key of that name appears. Serves nobody: an answer here could not be
/// replicated safely on every server. ERR: keep waiting.
unsafe extern "C" fn signalled(
    ctx: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    _argc: c_int,
) -> c_int {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        if let Ticket::Claim(number) = ticket(ctx) {
            wakeups::key_appeared(number);
        }
    }
    ERR
}

/// The end of the waiting: the module called the client, its time is over, or CLIENT UNBLOCK.
unsafe extern "C" fn answered(
    ctx: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    _argc: c_int,
) -> c_int {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        match ticket(ctx) {
            Ticket::Claim(number) => wakeups::answer(ctx, number),
            Ticket::Await(number) => awaits::answer(ctx, number),
        }
    }
    OK
}

/// Always the last: answered, gone, or turned away by the server.
unsafe extern "C" fn freed(_ctx: *mut raw::RedisModuleCtx, data: *mut c_void) {
    match Ticket::unpack(data.addr() as u64) {
        Ticket::Claim(number) => wakeups::left(number),
        Ticket::Await(number) => awaits::left(number),
    }
}

/// The ticket of the client this callback is about.
fn ticket(ctx: Context<'_>) -> Ticket {
    // SAFETY: (1), (2) called in callbacks of blocked clients only.
    let data = api!(RedisModule_GetBlockedClientPrivateData).map(|data| unsafe { data(ctx.as_ptr()) });
    Ticket::unpack(data.map_or(0, |data| data.addr() as u64))
}
