//! The server's timers.

use super::context::{detached_context, Context};
use super::OK;
use redis_module::raw;
use std::os::raw::c_void;
use std::ptr;

/// What happens when a timer fires.
pub(crate) trait OnTimer {
    /// The timer has fired, and must not be stopped any more. `ctx` is a context of its own.
    fn fired(ctx: Context<'_>);
}

/// A timer that has not fired.
#[derive(Debug)]
pub(crate) struct Timer(raw::RedisModuleTimerID);

/// Sets a timer `ms` from now; with 0 it fires at the end of this iteration of the server's event loop.
pub(crate) fn set<T: OnTimer>(ms: u64) -> Option<Timer> {
    let create = api!(RedisModule_CreateTimer)?;
    let ctx = detached_context()?;
    let ms = ms.try_into().unwrap_or(i64::MAX);
    // SAFETY: (1) the context lives for ever; the callback needs no data.
    Some(Timer(unsafe { create(ctx, ms, Some(fired::<T>), ptr::null_mut()) }))
}

impl Timer {
    /// Stops it. Must not be called for a timer that is firing or has fired: drop it then.
    pub(crate) fn stop(self) {
        let (Some(stop), Some(ctx)) = (api!(RedisModule_StopTimer), detached_context()) else { return };
        // SAFETY: (1) an unknown timer is answered with an error.
        let stopped = unsafe { stop(ctx, self.0, ptr::null_mut()) };
        debug_assert_eq!(stopped, OK, "a timer that has fired was stopped");
    }
}

unsafe extern "C" fn fired<T: OnTimer>(ctx: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        T::fired(ctx);
    }
}
