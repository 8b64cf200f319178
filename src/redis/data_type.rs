//! Native data types: their values' callbacks for saving, loading, copying and freeing.

use super::io::Io;
use super::module::{refused, ModuleLoader, Registered};
use super::name::{self, Name};
use redis_module::raw;
use std::ffi::CStr;
use std::marker::PhantomData;
use std::os::raw::{c_int, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// The values of a native data type. Send, because the server may free one on another thread.
pub(crate) trait DataType: Sized + Send + 'static {
    /// The type's name: nine characters, as the API demands.
    const NAME: &'static CStr;
    /// The version that RDB files note for each value.
    const VERSION: i32;

    /// Where the type as the server knows it is kept: a static of the implementation.
    fn registered() -> &'static RegisteredType<Self>;

    /// Reads a value from an RDB file or a RESTORE. None: it is damaged, or `version` is too new.
    fn load(io: &mut Io, version: i32) -> Option<Box<Self>>;

    /// Writes it into an RDB file.
    fn save(&self, io: &mut Io);

    /// Writes it into an AOF file as commands.
    fn rewrite(&self, io: &mut Io, key: Name<'_>);

    /// Feeds everything that makes two values equal.
    fn digest(&self, add: &mut dyn FnMut(&[u8]));

    /// Memory held, in bytes.
    fn memory_usage(&self) -> usize;

    /// How much work it is to free it: with more than 64 another thread does it.
    fn free_effort(&self) -> usize;

    /// The end of a value, on whatever thread the server chooses.
    fn free(value: Box<Self>);

    /// Its key goes away; the value may live on under another name.
    fn unlinked(&self, db: i32, key: &[u8]);

    /// A copy for the key of that name in database `db`.
    fn copy(&self, db: i32, key: &[u8]) -> Option<Box<Self>>;
}

/// A data type as the server knows it; null before it is created.
pub(crate) struct RegisteredType<V> {
    raw: AtomicPtr<raw::RedisModuleType>,
    values: PhantomData<fn() -> V>,
}

impl<V: DataType> RegisteredType<V> {
    /// Not created yet.
    pub(crate) const fn new() -> Self {
        RegisteredType { raw: AtomicPtr::new(ptr::null_mut()), values: PhantomData }
    }

    pub(super) fn as_ptr(&self) -> *mut raw::RedisModuleType {
        self.raw.load(Relaxed)
    }
}

impl ModuleLoader<'_> {
    /// Creates the data type.
    pub(crate) fn create_data_type<V: DataType>(&self) -> Registered {
        let Some(create) = api!(RedisModule_CreateDataType) else { return Err(refused(REFUSED)) };
        let mut methods = methods::<V>();
        // SAFETY: (1), (2), (5).
        let created = unsafe { create(self.as_ptr(), V::NAME.as_ptr(), V::VERSION, &raw mut methods) };
        V::registered().raw.store(created, Relaxed);
        (!created.is_null()).then_some(()).ok_or_else(|| refused(REFUSED))
    }
}

const REFUSED: &str = "the data type";

fn methods<V: DataType>() -> raw::RedisModuleTypeMethods {
    raw::RedisModuleTypeMethods {
        version: u64::from(raw::REDISMODULE_TYPE_METHOD_VERSION),
        rdb_load: Some(rdb_load::<V>),
        rdb_save: Some(rdb_save::<V>),
        aof_rewrite: Some(aof_rewrite::<V>),
        mem_usage: Some(mem_usage::<V>),
        digest: Some(digest::<V>),
        free: Some(free::<V>),
        free_effort: Some(free_effort::<V>),
        unlink2: Some(unlink2::<V>),
        copy2: Some(copy2::<V>),
        // All state is in the keys; and with aux data every RDB file, even one without a value of this type,
        // would need the module to be read.
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
    }
}

// The casts between a value and the pointer the server keeps for it. There are no others.

/// Gives a value to the server.
pub(super) fn into_raw<V: DataType>(value: Box<V>) -> *mut c_void {
    Box::into_raw(value).cast()
}

/// Takes a value back.
///
/// # Safety
/// `value` was made by [`into_raw`] of the same type and nothing uses it any more.
#[allow(clippy::unnecessary_box_returns)] // it was in a box, and may go on in it
pub(super) unsafe fn from_raw<V: DataType>(value: *mut c_void) -> Box<V> {
    // SAFETY: the caller's promise.
    unsafe { Box::from_raw(value.cast()) }
}

/// Borrows a value; None for a null pointer.
///
/// # Safety
/// `value` is null or was made by [`into_raw`] of the same type, is not freed during `'a`, and nothing changes
/// it during `'a`.
pub(super) unsafe fn borrow<'a, V: DataType>(value: *const c_void) -> Option<&'a V> {
    // SAFETY: the caller's promise.
    unsafe { value.cast::<V>().as_ref() }
}

unsafe extern "C" fn rdb_load<V: DataType>(io: *mut raw::RedisModuleIO, version: c_int) -> *mut c_void {
    V::load(&mut Io(io), version).map_or(ptr::null_mut(), into_raw)
}

unsafe extern "C" fn rdb_save<V: DataType>(io: *mut raw::RedisModuleIO, value: *mut c_void) {
    // SAFETY: (3).
    if let Some(value) = unsafe { borrow::<V>(value) } {
        value.save(&mut Io(io));
    }
}

unsafe extern "C" fn aof_rewrite<V: DataType>(
    io: *mut raw::RedisModuleIO,
    key: *mut raw::RedisModuleString,
    value: *mut c_void,
) {
    // SAFETY: (2).
    let key = unsafe { Name::from_raw(key) };
    // SAFETY: (3).
    if let Some(value) = unsafe { borrow::<V>(value) } {
        value.rewrite(&mut Io(io), key);
    }
}

unsafe extern "C" fn mem_usage<V: DataType>(value: *const c_void) -> usize {
    // SAFETY: (3).
    unsafe { borrow(value) }.map_or(0, V::memory_usage)
}

unsafe extern "C" fn free_effort<V: DataType>(
    _key: *mut raw::RedisModuleString,
    value: *const c_void,
) -> usize {
    // SAFETY: (3).
    unsafe { borrow(value) }.map_or(1, V::free_effort)
}

unsafe extern "C" fn digest<V: DataType>(digest: *mut raw::RedisModuleDigest, value: *mut c_void) {
    let (Some(add), Some(end)) =
        (api!(RedisModule_DigestAddStringBuffer), api!(RedisModule_DigestEndSequence))
    else {
        return;
    };
    // SAFETY: (3).
    if let Some(value) = unsafe { borrow::<V>(value) } {
        // SAFETY: (1), (2), (5).
        value.digest(&mut |bytes| unsafe { add(digest, bytes.as_ptr().cast(), bytes.len()) });
        // SAFETY: (1), (2).
        unsafe { end(digest) };
    }
}

/// May come on another thread.
unsafe extern "C" fn free<V: DataType>(value: *mut c_void) {
    if !value.is_null() {
        // SAFETY: (3).
        V::free(unsafe { from_raw(value) });
    }
}

/// The key goes away; its value may live on under another name.
unsafe extern "C" fn unlink2<V: DataType>(ctx: *mut raw::RedisModuleKeyOptCtx, value: *const c_void) {
    let (Some(db), Some(key)) = (api!(RedisModule_GetDbIdFromOptCtx), api!(RedisModule_GetKeyNameFromOptCtx))
    else {
        return;
    };
    // SAFETY: (1), (2).
    let db = unsafe { db(ctx) };
    // SAFETY: (1), (2).
    let key = unsafe { key(ctx) };
    // SAFETY: (2).
    let key = unsafe { name::bytes(key) };
    // SAFETY: (3).
    if let Some(value) = unsafe { borrow::<V>(value) } {
        value.unlinked(db, key);
    }
}

unsafe extern "C" fn copy2<V: DataType>(
    ctx: *mut raw::RedisModuleKeyOptCtx,
    value: *const c_void,
) -> *mut c_void {
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
    let key = unsafe { name::bytes(key) };
    // SAFETY: (3).
    let value = unsafe { borrow::<V>(value) };
    value.and_then(|value| value.copy(db, key)).map_or(ptr::null_mut(), into_raw)
}
