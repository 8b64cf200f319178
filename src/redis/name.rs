//! Names of keys as the server holds them.

use redis_module::raw;
use std::marker::PhantomData;
use std::ptr;

/// A key's name, lent for as long as `'c`.
#[derive(Clone, Copy)]
pub(crate) struct Name<'c> {
    pub(super) raw: *mut raw::RedisModuleString,
    call: PhantomData<&'c ()>,
}

impl<'c> Name<'c> {
    /// # Safety
    /// `raw` is a string that stays valid for `'c`.
    pub(super) unsafe fn from_raw(raw: *mut raw::RedisModuleString) -> Self {
        Name { raw, call: PhantomData }
    }

    /// The bytes of the name.
    pub(crate) fn bytes(self) -> &'c [u8] {
        // SAFETY: valid for 'c, as `from_raw` was promised.
        unsafe { bytes(self.raw) }
    }
}

/// A name the module made, to open a key that no client named.
pub(crate) struct OwnedName(*mut raw::RedisModuleString);

impl OwnedName {
    /// A copy of `bytes`.
    pub(crate) fn new(bytes: &[u8]) -> Self {
        let made = api!(RedisModule_CreateString).map(|create| {
            // SAFETY: (1), (5) no context: the string is freed by hand.
            unsafe { create(ptr::null_mut(), bytes.as_ptr().cast(), bytes.len()) }
        });
        OwnedName(made.unwrap_or(ptr::null_mut()))
    }

    /// # Safety
    /// `raw` is null or came from [`OwnedName::into_raw`], and nothing uses it any more.
    pub(super) unsafe fn from_raw(raw: *mut raw::RedisModuleString) -> Self {
        OwnedName(raw)
    }

    /// The name, given away.
    pub(super) fn into_raw(self) -> *mut raw::RedisModuleString {
        std::mem::ManuallyDrop::new(self).0
    }

    /// The name, lent.
    pub(crate) fn lend(&self) -> Name<'_> {
        // SAFETY: it lives as long as self.
        unsafe { Name::from_raw(self.0) }
    }
}

impl Drop for OwnedName {
    fn drop(&mut self) {
        if let Some(free) = api!(RedisModule_FreeString) {
            if !self.0.is_null() {
                // SAFETY: (1) made in `new`, without a context, and not used after this.
                unsafe { free(ptr::null_mut(), self.0) }
            }
        }
    }
}

/// The bytes of a string; none for a null pointer.
///
/// # Safety
/// `string` is null or stays valid for `'a`.
pub(super) unsafe fn bytes<'a>(string: *const raw::RedisModuleString) -> &'a [u8] {
    let Some(look) = api!(RedisModule_StringPtrLen) else { return &[] };
    if string.is_null() {
        return &[];
    }
    let mut len = 0;
    // SAFETY: (1) the caller's promise.
    let at = unsafe { look(string, &raw mut len) };
    // SAFETY: the string has `len` bytes there.
    unsafe { slice(at.cast(), len) }
}

/// `len` bytes at `at`, which may be null when there are none.
///
/// # Safety
/// Unless null, `at` points to `len` bytes that stay valid and unchanged for `'a`.
pub(super) unsafe fn slice<'a>(at: *const u8, len: usize) -> &'a [u8] {
    if at.is_null() {
        return &[];
    }
    // SAFETY: the caller's promise.
    unsafe { std::slice::from_raw_parts(at, len) }
}
