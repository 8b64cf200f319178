//! What the server tells the module of keys.
//!
//! Notifications of the classes GENERIC and NEW are not for every server: on Valkey 8.1 a module that listens to them
//! makes MOVE and COPY leave clients in the wrong database.

use super::context::Context;
use super::name::{self, Name};
use super::OK;
use crate::server::hearing;
use redis_module::raw;
use std::ffi::CStr;
use std::os::raw::{c_char, c_int, c_void};

/// What can be done right after a notification.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::server) enum After {
    /// A job that writes: from Redis 7.2 on.
    Job,
    /// Nothing: what has to be done is done in the notification.
    Nothing,
}

/// What this server can do.
pub(in crate::server) fn after() -> After {
    if api!(RedisModule_AddPostNotificationJob).is_some() {
        After::Job
    } else {
        After::Nothing
    }
}

/// Subscribes to expired keys; on Redis 7.0 also to changes of TTLs. False if the server refuses.
pub(super) fn subscribe(ctx: *mut raw::RedisModuleCtx) -> bool {
    type Callback = unsafe extern "C" fn(
        *mut raw::RedisModuleCtx,
        c_int,
        *const c_char,
        *mut raw::RedisModuleString,
    ) -> c_int;
    let Some(subscribe) = api!(RedisModule_SubscribeToKeyspaceEvents) else { return false };
    let expired: (c_int, Callback) = (raw::REDISMODULE_NOTIFY_EXPIRED, expired);
    let generic: (c_int, Callback) = (raw::REDISMODULE_NOTIFY_GENERIC, generic);
    let wanted = [(expired, true), (generic, after() == After::Nothing)];
    wanted.into_iter().filter(|(_, wanted)| *wanted).all(|((class, callback), _)| {
        // SAFETY: (1), (2).
        unsafe { subscribe(ctx, class, Some(callback)) == OK }
    })
}

/// Has [`hearing::tell_all`] called with `key` when the present operation is over, in one transaction with it.
pub(in crate::server) fn add_job(ctx: Context<'_>, key: &[u8]) {
    let Some(add) = api!(RedisModule_AddPostNotificationJob) else { return };
    let data = Box::into_raw(Box::new(Box::<[u8]>::from(key))).cast::<c_void>();
    // SAFETY: (1), (2) `data` comes back to `job`, and once to `free`.
    if unsafe { add(ctx.as_ptr(), Some(job), data, Some(free)) } != OK {
        // SAFETY: made above, and the server did not take it.
        unsafe { free(data) }
    }
}

unsafe extern "C" fn job(ctx: *mut raw::RedisModuleCtx, data: *mut c_void) {
    // SAFETY: `add_job` made it, and `free` comes later.
    let key = unsafe { data.cast::<Box<[u8]>>().as_ref() };
    // SAFETY: (2).
    if let (Some(ctx), Some(key)) = (unsafe { Context::from_raw(ctx) }, key) {
        hearing::tell_all(ctx, key);
    }
}

unsafe extern "C" fn free(data: *mut c_void) {
    // SAFETY: `add_job` made it, and nobody uses it any more.
    drop(unsafe { Box::from_raw(data.cast::<Box<[u8]>>()) });
}

unsafe extern "C" fn expired(
    ctx: *mut raw::RedisModuleCtx,
    _class: c_int,
    _event: *const c_char,
    key: *mut raw::RedisModuleString,
) -> c_int {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        // SAFETY: (2).
        hearing::expired(ctx, unsafe { name::bytes(key) });
    }
    OK
}

unsafe extern "C" fn generic(
    ctx: *mut raw::RedisModuleCtx,
    _class: c_int,
    event: *const c_char,
    key: *mut raw::RedisModuleString,
) -> c_int {
    // SAFETY: (2) the server's own text.
    let event = unsafe { CStr::from_ptr(event) };
    // SAFETY: (2).
    if let (Some(ctx), true) = (unsafe { Context::from_raw(ctx) }, [c"expire", c"persist"].contains(&event)) {
        // SAFETY: (2).
        hearing::ttl_changed(ctx, unsafe { Name::from_raw(key) }.bytes());
    }
    OK
}
