//! Settings the server keeps for the module: CONFIG SET and GET, its configuration file, CONFIG REWRITE,
//! MODULE LOADEX.

use super::module::{refused, ModuleLoader, Registered};
use super::name::{self, OwnedName};
use super::{ERR, OK};
use redis_module::raw;
use std::ffi::CString;
use std::ops::RangeInclusive;
use std::os::raw::{c_char, c_int, c_longlong, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// A setting that is a number of bytes; the server takes units such as `16mb` for it.
pub(crate) trait BytesSetting {
    /// The name, before which the server puts the module's.
    const NAME: &'static str;
    /// The values the server may set.
    const RANGE: RangeInclusive<i64>;

    /// The value in force.
    fn get() -> i64;

    /// Sets it. False if the value is out of range.
    fn set(bytes: i64) -> bool;
}

/// Settings that are texts, each known by its index.
pub(crate) trait TextSettings {
    /// The value in force; None if there is no such setting.
    fn get(index: usize) -> Option<String>;

    /// Sets it. An error, whose text goes to the client, changes nothing.
    fn set(index: usize, word: &[u8]) -> Result<(), String>;
}

impl ModuleLoader<'_> {
    /// Registers a number of bytes; `bytes` is its value where the server has none for it.
    pub(crate) fn register_bytes_setting<S: BytesSetting>(&self, bytes: i64) -> Registered {
        register_bytes::<S>(self, bytes).then_some(()).ok_or_else(|| refused(REFUSED))
    }

    /// Registers the text of this index under `name`; `value` is its value where the server has none for it.
    pub(crate) fn register_text_setting<S: TextSettings>(
        &self,
        name: &str,
        index: usize,
        value: &str,
    ) -> Registered {
        register_text::<S>(self, name, index, value).then_some(()).ok_or_else(|| refused(REFUSED))
    }

    /// Sets all registered settings to the values the server has for them.
    pub(crate) fn load_settings(&self) -> Registered {
        // SAFETY: (1), (2).
        let loaded = api!(RedisModule_LoadConfigs).is_some_and(|load| unsafe { load(self.as_ptr()) } == OK);
        loaded.then_some(()).ok_or_else(|| refused(REFUSED))
    }
}

/// What the server refuses when it refuses any of them.
const REFUSED: &str = "the configuration";

fn register_bytes<S: BytesSetting>(loader: &ModuleLoader<'_>, bytes: i64) -> bool {
    let (Some(register), Ok(name)) = (api!(RedisModule_RegisterNumericConfig), CString::new(S::NAME)) else {
        return false;
    };
    let (ctx, name, none) = (loader.as_ptr(), name.as_ptr(), ptr::null_mut());
    let (least, most) = (*S::RANGE.start(), *S::RANGE.end());
    let flags = raw::REDISMODULE_CONFIG_MEMORY;
    let (get, set) = (Some(get_bytes::<S> as _), Some(set_bytes::<S> as _));
    // SAFETY: (1), (2), (5).
    unsafe { register(ctx, name, bytes, flags, least, most, get, set, None, none) == OK }
}

unsafe extern "C" fn get_bytes<S: BytesSetting>(_name: *const c_char, _data: *mut c_void) -> c_longlong {
    S::get()
}

unsafe extern "C" fn set_bytes<S: BytesSetting>(
    _name: *const c_char,
    value: c_longlong,
    _data: *mut c_void,
    _error: *mut *mut raw::RedisModuleString,
) -> c_int {
    if S::set(value) {
        OK
    } else {
        ERR
    }
}

fn register_text<S: TextSettings>(loader: &ModuleLoader<'_>, name: &str, index: usize, value: &str) -> bool {
    let Some(register) = api!(RedisModule_RegisterStringConfig) else { return false };
    let (Ok(name), Ok(value)) = (CString::new(name), CString::new(value)) else { return false };
    let (get, set) = (Some(get_text::<S> as _), Some(set_text::<S> as _));
    // The index is all that the pointer holds.
    let index = ptr::without_provenance_mut(index);
    let flags = raw::REDISMODULE_CONFIG_DEFAULT;
    // SAFETY: (1), (2), (5).
    unsafe { register(loader.as_ptr(), name.as_ptr(), value.as_ptr(), flags, get, set, None, index) == OK }
}

/// The text the server was given last: it reads that before it asks again.
static LAST_TEXT: AtomicPtr<raw::RedisModuleString> = AtomicPtr::new(ptr::null_mut());

unsafe extern "C" fn get_text<S: TextSettings>(
    _name: *const c_char,
    index: *mut c_void,
) -> *mut raw::RedisModuleString {
    let text = S::get(index.addr());
    let text = text.map_or(ptr::null_mut(), |text| OwnedName::new(text.as_bytes()).into_raw());
    let last = LAST_TEXT.swap(text, Relaxed);
    // SAFETY: made here, by the last call, and the server is done with it.
    drop(unsafe { OwnedName::from_raw(last) });
    text
}

unsafe extern "C" fn set_text<S: TextSettings>(
    _name: *const c_char,
    value: *mut raw::RedisModuleString,
    index: *mut c_void,
    error: *mut *mut raw::RedisModuleString,
) -> c_int {
    // SAFETY: (2).
    let word = unsafe { name::bytes(value) };
    let Err(reason) = S::set(index.addr(), word) else { return OK };
    if !error.is_null() {
        // SAFETY: (2) the server frees the text.
        unsafe { *error = OwnedName::new(reason.as_bytes()).into_raw() };
    }
    ERR
}
