//! Clients that are blocked on keys.

use super::context::Context;
use super::name::{self, Name};
use super::{ERR, OK};
use redis_module::raw;
use std::os::raw::{c_int, c_longlong, c_void};
use std::ptr::{self, NonNull};

/// Who blocks clients, each with a ticket by which it is known from then on.
pub(crate) trait BlocksClients {
    /// A key appeared under a name on which the client is blocked. The client stays blocked.
    fn key_appeared(ticket: u64, name: &[u8]);

    /// The client is no longer blocked: the module has unblocked it, its time is over, or CLIENT UNBLOCK. It
    /// expects a reply, for which `ctx` is.
    fn reply(ctx: Context<'_>, ticket: u64);

    /// Always the last: the server replied to the client, lost it, or redirected it.
    fn left(ticket: u64);
}

/// A client that is blocked.
#[derive(Debug)]
pub(crate) struct BlockedClient(NonNull<raw::RedisModuleBlockedClient>);

// SAFETY: (2) made, kept and used by callbacks on the main thread only; the static it is kept in has to be
// Send.
unsafe impl Send for BlockedClient {}

/// Blocks the client of this call on `keys`, for at most `ms` (0: for ever). None: the server refuses, and has
/// replied to the client where it must.
pub(crate) fn block<B: BlocksClients>(
    ctx: Context<'_>,
    keys: &[Name<'_>],
    ms: u64,
    ticket: u64,
) -> Option<BlockedClient> {
    let block = api!(RedisModule_BlockClientOnKeys)?;
    let ms = c_longlong::try_from(ms).ok()?;
    let data = ptr::without_provenance_mut::<c_void>(usize::try_from(ticket).ok()?);
    let mut keys: Vec<_> = keys.iter().map(|key| key.raw).collect();
    let (keys, count) = (keys.as_mut_ptr(), c_int::try_from(keys.len()).ok()?);
    let (ready, timeout, free) = (Some(ready::<B> as _), Some(timeout::<B> as _), Some(free::<B> as _));
    // SAFETY: (1), (2), (5) the names are copied; the ticket is a number, never followed.
    let client = unsafe { block(ctx.as_ptr(), ready, timeout, free, ms, keys, count, data) };
    NonNull::new(client).map(BlockedClient)
}

impl BlockedClient {
    /// Has [`BlocksClients::reply`] called for this client: before this returns on some servers, soon after
    /// on others. So the caller must not hold a lock, an open key or a borrow of a value.
    pub(crate) fn unblock(self) {
        if let Some(unblock) = api!(RedisModule_UnblockClient) {
            // SAFETY: (1) the client is still blocked: its owner has been informed by `left` otherwise.
            unsafe { unblock(self.0.as_ptr(), ptr::null_mut()) };
        }
    }
}

/// The server's own signal, when a key of that name appears. Never replies: what a reply changes here could
/// not be replicated safely on every server. ERR keeps the client blocked.
unsafe extern "C" fn ready<B: BlocksClients>(
    ctx: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    _argc: c_int,
) -> c_int {
    // SAFETY: (1), (2) this is the one callback in which there is such a key; it is valid until the callback ends.
    let key = api!(RedisModule_GetBlockedClientReadyKey).map(|key| unsafe { key(ctx) });
    // SAFETY: (2).
    if let (Some(key), Some(ctx)) = (key, unsafe { Context::from_raw(ctx) }) {
        // SAFETY: as above.
        B::key_appeared(ticket(ctx), unsafe { name::bytes(key) });
    }
    ERR
}

unsafe extern "C" fn timeout<B: BlocksClients>(
    ctx: *mut raw::RedisModuleCtx,
    _argv: *mut *mut raw::RedisModuleString,
    _argc: c_int,
) -> c_int {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        B::reply(ctx, ticket(ctx));
    }
    OK
}

unsafe extern "C" fn free<B: BlocksClients>(_ctx: *mut raw::RedisModuleCtx, data: *mut c_void) {
    B::left(data.addr() as u64);
}

/// The ticket of the client this callback is about.
fn ticket(ctx: Context<'_>) -> u64 {
    // SAFETY: (1), (2) called in callbacks of blocked clients only.
    let data = api!(RedisModule_GetBlockedClientPrivateData).map(|data| unsafe { data(ctx.as_ptr()) });
    data.map_or(0, |data| data.addr() as u64)
}
