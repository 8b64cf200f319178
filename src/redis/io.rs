//! Reading and writing values in RDB and AOF files.

use super::name::{self, Name};
use redis_module::raw;
use std::ffi::CStr;

/// An RDB or AOF file being read or written.
pub(crate) struct Io(pub(super) *mut raw::RedisModuleIO);

/// Bytes read from a file; freed when dropped.
pub(crate) struct Loaded {
    at: *mut u8,
    len: usize,
}

impl Io {
    /// The next string of the file. None: the file ends or is damaged there.
    pub(crate) fn load(&mut self) -> Option<Loaded> {
        let (load, failed) = (api!(RedisModule_LoadStringBuffer)?, api!(RedisModule_IsIOError)?);
        let mut len = 0;
        // SAFETY: (1), (2).
        let at = unsafe { load(self.0, &raw mut len) };
        let loaded = Loaded { at: at.cast(), len };
        // SAFETY: (1), (2).
        let failed = unsafe { failed(self.0) } != 0;
        (!failed && !at.is_null()).then_some(loaded)
    }

    /// Writes the next string of an RDB file.
    pub(crate) fn save(&mut self, bytes: &[u8]) {
        if let Some(save) = api!(RedisModule_SaveStringBuffer) {
            // SAFETY: (1), (2), (5).
            unsafe { save(self.0, bytes.as_ptr().cast(), bytes.len()) }
        }
    }

    /// Writes `command key bytes` into an AOF file.
    pub(crate) fn emit(&mut self, command: &CStr, key: Name<'_>, bytes: &[u8]) {
        let Some(emit) = api!(RedisModule_EmitAOF) else { return };
        let (command, format) = (command.as_ptr(), c"sb".as_ptr());
        // SAFETY: (1), (2), (5) "sb" takes a string, a buffer and its length.
        unsafe { emit(self.0, command, format, key.raw, bytes.as_ptr(), bytes.len()) }
    }

    /// The database and the key of the value that is being loaded; None where the server does not say.
    pub(crate) fn db_and_key(&self) -> Option<(i32, &[u8])> {
        let (db, key) = (api!(RedisModule_GetDbIdFromIO)?, api!(RedisModule_GetKeyNameFromIO)?);
        // SAFETY: (1), (2).
        let key = unsafe { key(self.0) };
        // SAFETY: (1), (2).
        let db = unsafe { db(self.0) };
        // SAFETY: (2) null or valid as long as the IO is.
        let name = unsafe { name::bytes(key) };
        (!key.is_null() && db >= 0).then_some((db, name))
    }
}

impl Loaded {
    /// The bytes as they were saved.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the server gave us `len` bytes there.
        unsafe { name::slice(self.at, self.len) }
    }
}

impl Drop for Loaded {
    fn drop(&mut self) {
        if let (Some(free), false) = (api!(RedisModule_Free), self.at.is_null()) {
            // SAFETY: (1) it is ours to free, once.
            unsafe { free(self.at.cast()) }
        }
    }
}
