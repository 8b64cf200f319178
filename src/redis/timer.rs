//! The server's timers, and the context they are made in.

use super::context::Context;
use super::OK;
use crate::server::{awaits, timekeeper, wakeups};
use redis_module::raw;
use std::os::raw::c_void;
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// A context of the module's own, for where no callback's context is at hand, as when timers are set. Timers
/// get a context each when they fire.
static OWN: AtomicPtr<raw::RedisModuleCtx> = AtomicPtr::new(ptr::null_mut());

/// What a timer does when it fires.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) enum Alarm {
    /// Time has work on queues.
    Tick,
    /// Clients who wait may be served.
    Wake,
    /// Clients have waited for jobs for long enough.
    Dismiss,
    /// Clients are to be told news.
    Call,
    /// Clients have waited for news for long enough.
    DismissAwait,
}

/// A timer that has not fired.
#[derive(Debug)]
pub(in crate::server) struct Timer(raw::RedisModuleTimerID);

/// Sets the module's own context up. Called once, while loading.
pub(super) fn prepare(ctx: Context<'_>) {
    if let Some(create) = api!(RedisModule_GetDetachedThreadSafeContext) {
        // SAFETY: (1), (2) the context made here is never freed.
        OWN.store(unsafe { create(ctx.as_ptr()) }, Relaxed);
    }
}

/// That context, for questions about the server at large.
pub(super) fn own_context() -> Option<*mut raw::RedisModuleCtx> {
    Some(OWN.load(Relaxed)).filter(|ctx| !ctx.is_null())
}

/// Sets a timer `ms` from now; 0: at the end of this turn of the server's event loop.
pub(in crate::server) fn set(alarm: Alarm, ms: u64) -> Option<Timer> {
    let create = api!(RedisModule_CreateTimer)?;
    let ctx = own_context()?;
    let callback: unsafe extern "C" fn(*mut raw::RedisModuleCtx, *mut c_void) = match alarm {
        Alarm::Tick => tick,
        Alarm::Wake => wake,
        Alarm::Dismiss => dismiss,
        Alarm::Call => call,
        Alarm::DismissAwait => dismiss_await,
    };
    let ms = ms.try_into().unwrap_or(i64::MAX);
    // SAFETY: (1) the context lives for ever; the callbacks need no data.
    Some(Timer(unsafe { create(ctx, ms, Some(callback), ptr::null_mut()) }))
}

impl Timer {
    /// Stops it. Must not be called for a timer that is firing or has fired: forget it then.
    pub(in crate::server) fn stop(self) {
        let ctx = OWN.load(Relaxed);
        if let Some(stop) = api!(RedisModule_StopTimer) {
            // SAFETY: (1) an unknown timer is answered with an error.
            let stopped = unsafe { stop(ctx, self.0, ptr::null_mut()) };
            debug_assert_eq!(stopped, OK, "a timer that has fired was stopped");
        }
    }
}

unsafe extern "C" fn tick(ctx: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        timekeeper::tick(ctx);
    }
}

unsafe extern "C" fn wake(ctx: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        wakeups::wake(ctx);
    }
}

unsafe extern "C" fn dismiss(_ctx: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    wakeups::dismiss();
}

unsafe extern "C" fn call(ctx: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        awaits::call(ctx);
    }
}

unsafe extern "C" fn dismiss_await(_ctx: *mut raw::RedisModuleCtx, _data: *mut c_void) {
    awaits::dismiss();
}
