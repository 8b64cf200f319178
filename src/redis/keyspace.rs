//! Keyspace notifications, as a module gets them.
//!
//! A module must not subscribe to the classes GENERIC and NEW on every server: with such a subscription MOVE
//! and COPY leave clients in the wrong database on Valkey 8.1, and what is written to the append-only file is
//! wrong.

use super::context::Context;
use super::module::{refused, ModuleLoader, Registered};
use super::name;
use super::OK;
use redis_module::raw;
use std::ffi::CStr;
use std::os::raw::{c_char, c_int, c_void};

/// What happens when a key expires. The context is that of the client or cycle that came upon the key: no other database may
/// be selected, and no client replied to.
pub(crate) trait OnExpired {
    /// The key has expired; its deletion is under way.
    fn expired(ctx: Context<'_>, key: &[u8]);

    /// The job that [`add_post_notification_job`] added for this key.
    fn post_notification_job(ctx: Context<'_>, key: &[u8]);
}

/// What happens when the TTL of a key changes.
pub(crate) trait OnTtlChanged {
    /// The TTL was set or taken away.
    fn ttl_changed(ctx: Context<'_>, key: &[u8]);
}

/// The callback of a notification.
type OnNotification = unsafe extern "C" fn(
    *mut raw::RedisModuleCtx,
    c_int,
    *const c_char,
    *mut raw::RedisModuleString,
) -> c_int;

impl ModuleLoader<'_> {
    /// Subscribes to keys that expire.
    pub(crate) fn subscribe_to_expired_keys<E: OnExpired>(&self) -> Registered {
        self.subscribe_to_keys(raw::REDISMODULE_NOTIFY_EXPIRED, expired::<E>)
    }

    /// Subscribes to changes of TTLs. They are of the class GENERIC, so this is for Redis 7.0 only.
    pub(crate) fn subscribe_to_ttl_changes<E: OnTtlChanged>(&self) -> Registered {
        self.subscribe_to_keys(raw::REDISMODULE_NOTIFY_GENERIC, generic::<E>)
    }

    fn subscribe_to_keys(&self, class: c_int, callback: OnNotification) -> Registered {
        let subscribed = api!(RedisModule_SubscribeToKeyspaceEvents).is_some_and(|subscribe| {
            // SAFETY: (1), (2).
            unsafe { subscribe(self.as_ptr(), class, Some(callback)) == OK }
        });
        subscribed.then_some(()).ok_or_else(|| refused("the subscription to its events"))
    }
}

/// Whether a job that writes can be added in a notification: from Redis 7.2 on. Without jobs, what is to be
/// done has to be done in the notification itself.
pub(crate) fn has_post_notification_jobs() -> bool {
    api!(RedisModule_AddPostNotificationJob).is_some()
}

/// Has [`OnExpired::post_notification_job`] called for `key` when the present operation is over, in one
/// transaction with it.
pub(crate) fn add_post_notification_job<E: OnExpired>(ctx: Context<'_>, key: &[u8]) {
    let Some(add) = api!(RedisModule_AddPostNotificationJob) else { return };
    let data = Box::into_raw(Box::new(Box::<[u8]>::from(key))).cast::<c_void>();
    // SAFETY: (1), (2) `data` comes back to `job`, and once to `free`.
    if unsafe { add(ctx.as_ptr(), Some(job::<E>), data, Some(free)) } != OK {
        // SAFETY: made above, and the server did not take it.
        unsafe { free(data) }
    }
}

unsafe extern "C" fn job<E: OnExpired>(ctx: *mut raw::RedisModuleCtx, data: *mut c_void) {
    // SAFETY: `add_post_notification_job` made it, and `free` comes later.
    let key = unsafe { data.cast::<Box<[u8]>>().as_ref() };
    // SAFETY: (2).
    if let (Some(ctx), Some(key)) = (unsafe { Context::from_raw(ctx) }, key) {
        E::post_notification_job(ctx, key);
    }
}

unsafe extern "C" fn free(data: *mut c_void) {
    // SAFETY: `add_post_notification_job` made it, and nothing uses it any more.
    drop(unsafe { Box::from_raw(data.cast::<Box<[u8]>>()) });
}

unsafe extern "C" fn expired<E: OnExpired>(
    ctx: *mut raw::RedisModuleCtx,
    _class: c_int,
    _event: *const c_char,
    key: *mut raw::RedisModuleString,
) -> c_int {
    // SAFETY: (2).
    if let Some(ctx) = unsafe { Context::from_raw(ctx) } {
        // SAFETY: (2).
        E::expired(ctx, unsafe { name::bytes(key) });
    }
    OK
}

unsafe extern "C" fn generic<E: OnTtlChanged>(
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
        E::ttl_changed(ctx, unsafe { name::bytes(key) });
    }
    OK
}
