//! Walking over a database a few keys at a time.

use super::context::Context;
use super::key::queue_in;
use super::name::Name;
use crate::server::home::Value;
use redis_module::raw;
use std::os::raw::c_void;
use std::ptr::{self, NonNull};

/// How far a walk has come.
#[derive(Debug)]
pub(in crate::server) struct Cursor(NonNull<raw::RedisModuleScanCursor>);

// SAFETY: (2) used by timers on the main thread only; the static it is kept in has to be Send.
unsafe impl Send for Cursor {}

/// What a walk does with each queue it meets.
type Visit<'v> = &'v mut dyn FnMut(&[u8], &Value);

impl Cursor {
    /// At the beginning.
    pub(in crate::server) fn new() -> Option<Self> {
        let create = api!(RedisModule_ScanCursorCreate)?;
        // SAFETY: (1).
        NonNull::new(unsafe { create() }).map(Cursor)
    }

    /// Looks at the next few keys of the selected database and shows the queues among them to `visit`, which
    /// must not call the server. False: that was the end.
    pub(in crate::server) fn step(&mut self, ctx: Context<'_>, mut visit: Visit<'_>) -> bool {
        let Some(scan) = api!(RedisModule_Scan) else { return false };
        let data = ptr::from_mut(&mut visit).cast::<c_void>();
        // SAFETY: (1), (2) `show` gets `data` back before this returns.
        unsafe { scan(ctx.as_ptr(), self.0.as_ptr(), Some(show), data) != 0 }
    }
}

impl Drop for Cursor {
    fn drop(&mut self) {
        if let Some(destroy) = api!(RedisModule_ScanCursorDestroy) {
            // SAFETY: (1) made in `new`, destroyed once.
            unsafe { destroy(self.0.as_ptr()) }
        }
    }
}

unsafe extern "C" fn show(
    _ctx: *mut raw::RedisModuleCtx,
    name: *mut raw::RedisModuleString,
    key: *mut raw::RedisModuleKey,
    data: *mut c_void,
) {
    // SAFETY: (4) the server opened it for this callback; null is allowed.
    let Some(value) = (unsafe { queue_in(key) }) else { return };
    // SAFETY: (2).
    let name = unsafe { Name::from_raw(name) };
    // SAFETY: `step` passed it, and is waiting for us.
    if let Some(visit) = unsafe { data.cast::<Visit<'_>>().as_mut() } {
        visit(name.bytes(), value);
    }
}
