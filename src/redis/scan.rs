//! SCAN from inside: walking over a database a few keys at a time.

use super::context::Context;
use super::data_type::DataType;
use super::key::value_in;
use super::name::Name;
use redis_module::raw;
use std::os::raw::c_void;
use std::ptr::{self, NonNull};

/// How far a scan has come.
#[derive(Debug)]
pub(crate) struct Cursor(NonNull<raw::RedisModuleScanCursor>);

// SAFETY: (2) used by timers on the main thread only; the static it is kept in has to be Send.
unsafe impl Send for Cursor {}

/// What a scan does with each value of the type `V`.
type OnValue<'v, V> = &'v mut dyn FnMut(&[u8], &V);

impl Cursor {
    /// At the beginning.
    pub(crate) fn new() -> Option<Self> {
        let create = api!(RedisModule_ScanCursorCreate)?;
        // SAFETY: (1).
        NonNull::new(unsafe { create() }).map(Cursor)
    }

    /// Passes the values of the type `V` among the next few keys of the selected database to `visit`, which
    /// must not call the server. False: that was the end.
    pub(crate) fn step<V: DataType>(&mut self, ctx: Context<'_>, mut visit: OnValue<'_, V>) -> bool {
        let Some(scan) = api!(RedisModule_Scan) else { return false };
        let data = ptr::from_mut(&mut visit).cast::<c_void>();
        // SAFETY: (1), (2) `scanned` gets `data` back before this returns.
        unsafe { scan(ctx.as_ptr(), self.0.as_ptr(), Some(scanned::<V>), data) != 0 }
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

unsafe extern "C" fn scanned<V: DataType>(
    _ctx: *mut raw::RedisModuleCtx,
    name: *mut raw::RedisModuleString,
    key: *mut raw::RedisModuleKey,
    data: *mut c_void,
) {
    // SAFETY: (4) the server opened it for this callback; null is allowed.
    let Some(value) = (unsafe { value_in::<V>(key) }) else { return };
    // SAFETY: (4) nothing else uses the value meanwhile.
    let value = unsafe { value.as_ref() };
    // SAFETY: (2).
    let name = unsafe { Name::from_raw(name) };
    // SAFETY: `step` passed it, and is waiting for us.
    if let Some(visit) = unsafe { data.cast::<OnValue<'_, V>>().as_mut() } {
        visit(name.bytes(), value);
    }
}
