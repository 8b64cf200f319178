//! Opening keys.

use super::context::Context;
use super::name::Name;
use super::{int, persistence, value};
use crate::server::home::Value;
use redis_module::raw;
use std::marker::PhantomData;

/// What a key is opened for.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) enum Mode {
    /// A client looks: counts as a hit or miss and as a use of the key.
    Read,
    /// A client may change it.
    Write,
    /// The module itself looks or changes: nobody has used the key.
    Unseen,
    /// The same, and a key whose TTL is over is missing without being deleted; on Redis 7.0 it is deleted.
    UnseenAsIs,
}

/// What is behind a name.
pub(in crate::server) enum Found<'k> {
    /// Nothing.
    Missing,
    /// A queue.
    Queue(&'k mut Value),
    /// A value of another type.
    Other,
}

/// An open key; closed when dropped. At most one at a time (4).
pub(in crate::server) struct Key<'c> {
    raw: *mut raw::RedisModuleKey,
    call: PhantomData<&'c ()>,
}

impl<'c> Key<'c> {
    /// Opens `name` in the selected database. A key whose TTL is over is missing.
    pub(in crate::server) fn open(ctx: Context<'c>, name: Name<'_>, mode: Mode) -> Self {
        let mode = match mode {
            Mode::Read => raw::REDISMODULE_READ,
            Mode::Write => raw::REDISMODULE_READ | raw::REDISMODULE_WRITE,
            // For writing, because reading counts hits and misses and tells subscribers of misses.
            Mode::Unseen => {
                raw::REDISMODULE_READ | raw::REDISMODULE_WRITE | raw::REDISMODULE_OPEN_KEY_NOTOUCH
            }
            Mode::UnseenAsIs => {
                raw::REDISMODULE_READ
                    | raw::REDISMODULE_WRITE
                    | raw::REDISMODULE_OPEN_KEY_NOTOUCH
                    | raw::REDISMODULE_OPEN_KEY_NOEXPIRE
            }
        };
        let key = api!(RedisModule_OpenKey).map(|open| {
            // SAFETY: (1), (2) the name is valid; the server copies or retains what it keeps.
            unsafe { open(ctx.as_ptr(), name.raw, int(mode)) }
        });
        Key { raw: key.unwrap_or(std::ptr::null_mut()), call: PhantomData }
    }

    /// What is in it.
    pub(in crate::server) fn found(&mut self) -> Found<'_> {
        // SAFETY: (1), (4).
        if let Some(value) = unsafe { queue_in(self.raw) } {
            return Found::Queue(value);
        }
        // SAFETY: (1), (4) also for null.
        let kind = api!(RedisModule_KeyType).map_or(0, |kind| unsafe { kind(self.raw) });
        if kind as isize == raw::REDISMODULE_KEYTYPE_EMPTY {
            Found::Missing
        } else {
            Found::Other
        }
    }

    /// Whether it will expire.
    pub(in crate::server) fn has_ttl(&self) -> bool {
        // SAFETY: (1), (4) also for null, which has none.
        !self.raw.is_null() && api!(RedisModule_GetExpire).is_some_and(|ttl| unsafe { ttl(self.raw) } >= 0)
    }

    /// Makes a queue the value of a missing key. False if the key was not opened for writing.
    pub(in crate::server) fn store(&mut self, queue: Box<Value>) -> bool {
        let Some(set) = api!(RedisModule_ModuleTypeSetValue) else { return false };
        let pointer = value::into_raw(queue);
        // SAFETY: (1), (3), (4).
        let stored = unsafe { set(self.raw, persistence::queue_type(), pointer) } == super::OK;
        if !stored {
            // SAFETY: made two lines above, and the server did not take it.
            drop(unsafe { value::from_raw(pointer) });
        }
        stored
    }
}

impl Drop for Key<'_> {
    fn drop(&mut self) {
        if let Some(close) = api!(RedisModule_CloseKey) {
            // SAFETY: (1) opened in `open`, closed once; null is allowed.
            unsafe { close(self.raw) }
        }
    }
}

/// The queue in an open key, if it is one.
///
/// # Safety
/// `key` is null or open, and nobody else uses its value during `'a`.
pub(super) unsafe fn queue_in<'a>(key: *mut raw::RedisModuleKey) -> Option<&'a mut Value> {
    let type_of = api!(RedisModule_ModuleTypeGetType)?;
    let value_of = api!(RedisModule_ModuleTypeGetValue)?;
    // SAFETY: (1) and the caller's promise; null is allowed.
    let kind = unsafe { type_of(key) };
    if kind.is_null() || kind != persistence::queue_type() {
        return None;
    }
    // SAFETY: the same.
    let value = unsafe { value_of(key) };
    // SAFETY: (3) it is of our type, so `into_raw` made it; the caller's promise.
    unsafe { value::borrow_mut(value) }
}
