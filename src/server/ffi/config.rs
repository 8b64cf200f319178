//! Configuration the server keeps for the module: `CONFIG SET jq.max-payload-bytes`, the same in its
//! configuration file, on its command line and in MODULE LOADEX.

use super::{ERR, OK};
use crate::server::config;
use redis_module::raw;
use std::os::raw::{c_char, c_int, c_longlong, c_void};
use std::ptr;

/// Registers the settings and takes the values the server has for them. False if it refuses.
pub(super) fn register(ctx: *mut raw::RedisModuleCtx) -> bool {
    let (Some(register), Some(load)) =
        (api!(RedisModule_RegisterNumericConfig), api!(RedisModule_LoadConfigs))
    else {
        return false;
    };
    let name = c"max-payload-bytes".as_ptr();
    let least = *config::MAX_PAYLOAD_RANGE.start();
    let most = *config::MAX_PAYLOAD_RANGE.end();
    let flags = raw::REDISMODULE_CONFIG_MEMORY;
    // SAFETY: (1), (2), (5).
    let registered = unsafe {
        register(
            ctx,
            name,
            config::MAX_PAYLOAD_DEFAULT,
            flags,
            least,
            most,
            Some(get_max_payload),
            Some(set_max_payload),
            None,
            ptr::null_mut(),
        )
    };
    // SAFETY: (1), (2).
    registered == OK && unsafe { load(ctx) } == OK
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
