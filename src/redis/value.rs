//! The three casts between a value and the pointer the server keeps for it. There are no others.

use crate::server::home::Value;
use std::os::raw::c_void;

/// Gives a value to the server.
pub(super) fn into_raw(value: Box<Value>) -> *mut c_void {
    Box::into_raw(value).cast()
}

/// Takes a value back.
///
/// # Safety
/// `value` was made by [`into_raw`] and nobody uses it any more.
pub(super) unsafe fn from_raw(value: *mut c_void) -> Box<Value> {
    // SAFETY: the caller's promise.
    unsafe { Box::from_raw(value.cast()) }
}

/// Looks at a value; None for a null pointer.
///
/// # Safety
/// `value` is null or was made by [`into_raw`], is not freed during `'a`, and nobody changes it during `'a`.
pub(super) unsafe fn borrow<'a>(value: *const c_void) -> Option<&'a Value> {
    // SAFETY: the caller's promise.
    unsafe { value.cast::<Value>().as_ref() }
}

/// The same, to change it.
///
/// # Safety
/// As for [`borrow`], and nobody else looks at it during `'a`.
pub(super) unsafe fn borrow_mut<'a>(value: *mut c_void) -> Option<&'a mut Value> {
    // SAFETY: the caller's promise.
    unsafe { value.cast::<Value>().as_mut() }
}
