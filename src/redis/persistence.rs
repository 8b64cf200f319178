//! The data type's callbacks: saving, loading, copying, freeing.

use super::name::{self, Name};
use super::value;
use crate::server::{edit, home, persistence};
use redis_module::raw;
use std::os::raw::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// The type as the server knows it; null before it is created.
static TYPE: AtomicPtr<raw::RedisModuleType> = AtomicPtr::new(ptr::null_mut());

pub(super) fn queue_type() -> *mut raw::RedisModuleType {
    TYPE.load(Relaxed)
}

/// Creates the data type. False if the server refuses.
pub(super) fn create_type(ctx: *mut raw::RedisModuleCtx) -> bool {
    let Some(create) = api!(RedisModule_CreateDataType) else { return false };
    let mut methods = raw::RedisModuleTypeMethods {
        version: u64::from(raw::REDISMODULE_TYPE_METHOD_VERSION),
        rdb_load: Some(rdb_load),
        rdb_save: Some(rdb_save),
        aof_rewrite: Some(aof_rewrite),
        mem_usage: Some(mem_usage),
        digest: Some(digest),
        free: Some(free),
        free_effort: Some(free_effort),
        unlink2: Some(unlink2),
        copy2: Some(copy2),
        // All state is in the keys; and with aux data every RDB file, even one without a queue, would need
        // the module to be read.
        aux_load: None,
        aux_save: None,
        aux_save2: None,
        aux_save_triggers: 0,
        // The most dangerous callback there is; none until fragmentation is measured to be worth it.
        defrag: None,
        // Older forms of what is there.
        unlink: None,
        copy: None,
        // The same as the forms that are there, with names we do not need.
        mem_usage2: None,
        free_effort2: None,
    };
    // SAFETY: (1), (2), (5).
    let created = unsafe { create(ctx, c"job-queue".as_ptr(), persistence::VERSION, &raw mut methods) };
    TYPE.store(created, Relaxed);
    !created.is_null()
}

/// An RDB or AOF file being read or written.
pub(in crate::server) struct Io(*mut raw::RedisModuleIO);

/// Bytes read from a file; freed when dropped.
pub(in crate::server) struct Loaded {
    at: *mut u8,
    len: usize,
}

impl Io {
    /// The next string of the file. None: the file ends or is damaged there.
    pub(in crate::server) fn load(&mut self) -> Option<Loaded> {
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
    pub(in crate::server) fn save(&mut self, bytes: &[u8]) {
        if let Some(save) = api!(RedisModule_SaveStringBuffer) {
            // SAFETY: (1), (2), (5).
            unsafe { save(self.0, bytes.as_ptr().cast(), bytes.len()) }
        }
    }

    /// Writes a command into an AOF file: `JQ.APPLY key bytes`.
    pub(in crate::server) fn emit(&mut self, key: Name<'_>, bytes: &[u8]) {
        let Some(emit) = api!(RedisModule_EmitAOF) else { return };
        let (command, format) = (edit::APPLY.as_ptr(), c"sb".as_ptr());
        // SAFETY: (1), (2), (5) "sb" takes a string, a buffer and its length.
        unsafe { emit(self.0, command, format, key.raw, bytes.as_ptr(), bytes.len()) }
    }

    /// Where the value belongs that is being loaded; None where the server does not tell.
    pub(in crate::server) fn place(&self) -> Option<(i32, &[u8])> {
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
    pub(in crate::server) fn bytes(&self) -> &[u8] {
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

unsafe extern "C" fn rdb_load(io: *mut raw::RedisModuleIO, version: c_int) -> *mut c_void {
    persistence::load(&mut Io(io), version).map_or(ptr::null_mut(), value::into_raw)
}

unsafe extern "C" fn rdb_save(io: *mut raw::RedisModuleIO, value: *mut c_void) {
    // SAFETY: (3).
    if let Some(value) = unsafe { value::borrow(value) } {
        persistence::save(&mut Io(io), value);
    }
}

unsafe extern "C" fn aof_rewrite(
    io: *mut raw::RedisModuleIO,
    key: *mut raw::RedisModuleString,
    value: *mut c_void,
) {
    // SAFETY: (2).
    let key = unsafe { Name::from_raw(key) };
    // SAFETY: (3).
    if let Some(value) = unsafe { value::borrow(value) } {
        persistence::rewrite(&mut Io(io), key, value);
    }
}

unsafe extern "C" fn mem_usage(value: *const c_void) -> usize {
    // SAFETY: (3).
    unsafe { value::borrow(value) }.map_or(0, home::Value::bytes)
}

unsafe extern "C" fn free_effort(_key: *mut raw::RedisModuleString, value: *const c_void) -> usize {
    // SAFETY: (3).
    unsafe { value::borrow(value) }.map_or(1, persistence::free_effort)
}

unsafe extern "C" fn digest(digest: *mut raw::RedisModuleDigest, value: *mut c_void) {
    let (Some(add), Some(end)) =
        (api!(RedisModule_DigestAddStringBuffer), api!(RedisModule_DigestEndSequence))
    else {
        return;
    };
    // SAFETY: (3).
    if let Some(value) = unsafe { value::borrow(value) } {
        // SAFETY: (1), (2), (5).
        persistence::digest(value, &mut |bytes| unsafe { add(digest, bytes.as_ptr().cast(), bytes.len()) });
        // SAFETY: (1), (2).
        unsafe { end(digest) };
    }
}

/// May come on another thread.
unsafe extern "C" fn free(value: *mut c_void) {
    if !value.is_null() {
        // SAFETY: (3).
        home::free(unsafe { value::from_raw(value) });
    }
}

/// The key goes away; its value may live on under another name.
unsafe extern "C" fn unlink2(ctx: *mut raw::RedisModuleKeyOptCtx, value: *const c_void) {
    let (Some(db), Some(key)) = (api!(RedisModule_GetDbIdFromOptCtx), api!(RedisModule_GetKeyNameFromOptCtx))
    else {
        return;
    };
    // SAFETY: (1), (2).
    let db = unsafe { db(ctx) };
    // SAFETY: (1), (2).
    let key = unsafe { key(ctx) };
    // SAFETY: (2).
    let name = unsafe { name::bytes(key) };
    // SAFETY: (3).
    if let Some(value) = unsafe { value::borrow(value) } {
        persistence::unlinked(db, name, value);
    }
}

unsafe extern "C" fn copy2(ctx: *mut raw::RedisModuleKeyOptCtx, value: *const c_void) -> *mut c_void {
    let (Some(db), Some(key)) =
        (api!(RedisModule_GetToDbIdFromOptCtx), api!(RedisModule_GetToKeyNameFromOptCtx))
    else {
        return ptr::null_mut();
    };
    // SAFETY: (1), (2).
    let db = unsafe { db(ctx) };
    // SAFETY: (1), (2).
    let key = unsafe { key(ctx) };
    // SAFETY: (2).
    let name = unsafe { name::bytes(key) };
    // SAFETY: (3).
    let value = unsafe { value::borrow(value) };
    value.and_then(|value| persistence::copy(db, name, value)).map_or(ptr::null_mut(), value::into_raw)
}
