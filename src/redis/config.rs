//! Configuration the server keeps for the module: CONFIG SET and GET, its configuration file, CONFIG REWRITE, MODULE LOADEX.

use super::name::{self, OwnedName};
use super::{ERR, OK};
use crate::commands::settings::{Setting, SETTINGS};
use crate::server::arguments::{told, Arguments};
use crate::server::config::{self, DEFAULT, MAX_PAYLOAD, MAX_PAYLOAD_RANGE};
use crate::server::guarded;
use redis_module::raw;
use std::ffi::CString;
use std::os::raw::{c_char, c_int, c_longlong, c_void};
use std::ptr;
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// Registers the settings and takes the values the server has for them; `arguments` where it has none. False if it refuses.
pub(super) fn register(ctx: *mut raw::RedisModuleCtx, arguments: &Arguments) -> bool {
    let Some(load) = api!(RedisModule_LoadConfigs) else { return false };
    let registered = register_max_payload(ctx, arguments.max_payload)
        && SETTINGS.iter().enumerate().all(|(place, setting)| {
            register_default(ctx, place, setting, &setting.shown(&arguments.defaults))
        });
    // SAFETY: (1), (2).
    registered && unsafe { load(ctx) } == OK
}

fn register_max_payload(ctx: *mut raw::RedisModuleCtx, bytes: i64) -> bool {
    let (Some(register), Ok(name)) = (api!(RedisModule_RegisterNumericConfig), CString::new(MAX_PAYLOAD))
    else {
        return false;
    };
    let (least, most) = (*MAX_PAYLOAD_RANGE.start(), *MAX_PAYLOAD_RANGE.end());
    let flags = raw::REDISMODULE_CONFIG_MEMORY;
    let (get, set) = (Some(get_max_payload as _), Some(set_max_payload as _));
    let (name, none) = (name.as_ptr(), ptr::null_mut());
    // SAFETY: (1), (2), (5).
    unsafe { register(ctx, name, bytes, flags, least, most, get, set, None, none) == OK }
}

unsafe extern "C" fn get_max_payload(_name: *const c_char, _data: *mut c_void) -> c_longlong {
    config::max_payload()
}

unsafe extern "C" fn set_max_payload(
    _name: *const c_char,
    value: c_longlong,
    _data: *mut c_void,
    _error: *mut *mut raw::RedisModuleString,
) -> c_int {
    if config::set_max_payload(value) {
        OK
    } else {
        ERR
    }
}

/// As texts, so that they are written as in JQ.CONFIG and refused in its words.
fn register_default(ctx: *mut raw::RedisModuleCtx, place: usize, setting: &Setting, value: &str) -> bool {
    let Some(register) = api!(RedisModule_RegisterStringConfig) else { return false };
    let texts = (CString::new(format!("{DEFAULT}{}", setting.name)), CString::new(value));
    let (Ok(name), Ok(value)) = texts else { return false };
    let (get, set) = (Some(get_default as _), Some(set_default as _));
    // The callbacks are told which setting it is by its place, which is all that the pointer holds.
    let place = ptr::without_provenance_mut(place);
    let flags = raw::REDISMODULE_CONFIG_DEFAULT;
    // SAFETY: (1), (2), (5).
    unsafe { register(ctx, name.as_ptr(), value.as_ptr(), flags, get, set, None, place) == OK }
}

/// What the server was answered last: it reads that before it asks again.
static ANSWER: AtomicPtr<raw::RedisModuleString> = AtomicPtr::new(ptr::null_mut());

unsafe extern "C" fn get_default(_name: *const c_char, place: *mut c_void) -> *mut raw::RedisModuleString {
    let value = SETTINGS.get(place.addr()).and_then(|it| guarded("a setting", || config::default_of(it)));
    let answer = value.map_or(ptr::null_mut(), |value| OwnedName::new(value.as_bytes()).into_raw());
    let last = ANSWER.swap(answer, Relaxed);
    // SAFETY: made here, by the last call, and the server is done with it.
    drop(unsafe { OwnedName::from_raw(last) });
    answer
}

unsafe extern "C" fn set_default(
    _name: *const c_char,
    value: *mut raw::RedisModuleString,
    place: *mut c_void,
    error: *mut *mut raw::RedisModuleString,
) -> c_int {
    let Some(setting) = SETTINGS.get(place.addr()) else { return ERR };
    // SAFETY: (2).
    let word = unsafe { name::bytes(value) };
    let outcome = guarded("a setting", || config::set_default(setting, word));
    let Some(Err(why)) = outcome else { return outcome.map_or(ERR, |_| OK) };
    if !error.is_null() {
        // SAFETY: (2) the server frees the text.
        unsafe { *error = OwnedName::new(told(&why).as_bytes()).into_raw() };
    }
    ERR
}
