//! Work for the next iteration of the server's event loop.

use super::OK;
use std::os::raw::c_void;
use std::ptr;

/// What happens in that iteration.
pub(crate) trait OnCalled {
    /// Called with the requests of clients, in no particular order. It has no context, and must not call what needs
    /// one; it may set timers, which fire in the same iteration.
    fn called();
}

/// Has `T` called in the next iteration of the event loop, which begins at once. A timer that is set while a timer fires
/// waits for a millisecond instead. Nothing happens on a server that cannot do that.
pub(crate) fn call_soon<T: OnCalled>() {
    if let Some(add) = api!(RedisModule_EventLoopAddOneShot) {
        // SAFETY: (1) the callback needs no data. An error leaves everything as it is.
        let _ = unsafe { add(Some(called::<T>), ptr::null_mut()) } == OK;
    }
}

unsafe extern "C" fn called<T: OnCalled>(_data: *mut c_void) {
    T::called();
}
