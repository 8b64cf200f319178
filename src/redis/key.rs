//! Opening keys. What was found decides what can be done: an open key that holds nothing takes a value, and
//! all questions are asked of one that holds something.

use super::context::Context;
use super::data_type::{self, DataType};
use super::name::Name;
use super::{int, OK};
use redis_module::raw;
use std::marker::PhantomData;
use std::ops::{Deref, DerefMut};
use std::ptr::NonNull;

/// What a key is opened for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mode {
    /// A client reads: counts as a hit or miss and as a use of the key.
    Read,
    /// A client may change it.
    Write,
    /// The module itself reads or changes, which does not count as a use of the key.
    NoTouch,
    /// The same, and a key whose TTL is over is missing without being deleted; on Redis 7.0 it is deleted.
    NoTouchNoExpire,
}

/// What is behind a name.
pub(crate) enum Key<'c, V: DataType> {
    /// A value of the type `V`.
    Occupied(OccupiedKey<'c, V>),
    /// Nothing.
    Vacant(VacantKey<'c, V>),
    /// A value of another type.
    OtherType,
}

/// An open key that holds a value; it is closed when dropped.
pub(crate) struct OccupiedKey<'c, V> {
    key: OpenKey<'c>,
    value: NonNull<V>,
}

/// An open key that holds nothing; it is closed when dropped.
pub(crate) struct VacantKey<'c, V> {
    key: OpenKey<'c>,
    values: PhantomData<fn() -> V>,
}

/// An open key, or null, which is what the server has for a missing key that is opened to be read. At most
/// one at a time (4).
struct OpenKey<'c> {
    raw: *mut raw::RedisModuleKey,
    call: PhantomData<&'c ()>,
}

impl<'c, V: DataType> Key<'c, V> {
    /// Opens `name` in the selected database. A key whose TTL is over is missing.
    pub(crate) fn open(ctx: Context<'c>, name: Name<'_>, mode: Mode) -> Self {
        let key = OpenKey::open(ctx, name, mode);
        // SAFETY: (4) opened above, and its value is used through `key` alone.
        if let Some(value) = unsafe { value_in(key.raw) } {
            return Key::Occupied(OccupiedKey { key, value });
        }
        // SAFETY: (1), (4) also for null.
        let kind = api!(RedisModule_KeyType).map_or(0, |kind| unsafe { kind(key.raw) });
        if kind as isize == raw::REDISMODULE_KEYTYPE_EMPTY {
            Key::Vacant(VacantKey { key, values: PhantomData })
        } else {
            Key::OtherType
        }
    }
}

impl<V> OccupiedKey<'_, V> {
    /// Whether it will expire.
    pub(crate) fn has_ttl(&self) -> bool {
        // SAFETY: (1), (4).
        api!(RedisModule_GetExpire).is_some_and(|ttl| unsafe { ttl(self.key.raw) } >= 0)
    }
}

impl<V> Deref for OccupiedKey<'_, V> {
    type Target = V;

    fn deref(&self) -> &V {
        // SAFETY: (4) the key is open, and lends its value as self is lent.
        unsafe { self.value.as_ref() }
    }
}

impl<V> DerefMut for OccupiedKey<'_, V> {
    fn deref_mut(&mut self) -> &mut V {
        // SAFETY: (4) as above.
        unsafe { self.value.as_mut() }
    }
}

impl<V: DataType> VacantKey<'_, V> {
    /// Makes `value` the key's value, and closes it. False if the key was not opened for writing.
    pub(crate) fn store(self, value: Box<V>) -> bool {
        let Some(set) = api!(RedisModule_ModuleTypeSetValue).filter(|_| !self.key.raw.is_null()) else {
            return false;
        };
        let pointer = data_type::into_raw(value);
        // SAFETY: (1), (3), (4).
        let stored = unsafe { set(self.key.raw, V::registered().as_ptr(), pointer) } == OK;
        if !stored {
            // SAFETY: made two lines above, and the server did not take it.
            drop(unsafe { data_type::from_raw::<V>(pointer) });
        }
        stored
    }
}

impl<'c> OpenKey<'c> {
    fn open(ctx: Context<'c>, name: Name<'_>, mode: Mode) -> Self {
        // Also where the module only reads: opening for reading counts hits and misses and notifies of
        // misses.
        let write = raw::REDISMODULE_READ | raw::REDISMODULE_WRITE;
        let mode = match mode {
            Mode::Read => raw::REDISMODULE_READ,
            Mode::Write => write,
            Mode::NoTouch => write | raw::REDISMODULE_OPEN_KEY_NOTOUCH,
            Mode::NoTouchNoExpire => {
                write | raw::REDISMODULE_OPEN_KEY_NOTOUCH | raw::REDISMODULE_OPEN_KEY_NOEXPIRE
            }
        };
        let key = api!(RedisModule_OpenKey).map(|open| {
            // SAFETY: (1), (2) the name is valid; the server copies or retains what it keeps.
            unsafe { open(ctx.as_ptr(), name.raw, int(mode)) }
        });
        OpenKey { raw: key.unwrap_or(std::ptr::null_mut()), call: PhantomData }
    }
}

impl Drop for OpenKey<'_> {
    fn drop(&mut self) {
        if let Some(close) = api!(RedisModule_CloseKey) {
            // SAFETY: (1) opened in `open`, closed once; null is allowed.
            unsafe { close(self.raw) }
        }
    }
}

/// The value in an open key, if it is of the type `V`.
///
/// # Safety
/// `key` is null or open.
pub(super) unsafe fn value_in<V: DataType>(key: *mut raw::RedisModuleKey) -> Option<NonNull<V>> {
    let type_of = api!(RedisModule_ModuleTypeGetType)?;
    let value_of = api!(RedisModule_ModuleTypeGetValue)?;
    // SAFETY: (1) and the caller's promise; null is allowed.
    let kind = unsafe { type_of(key) };
    if kind.is_null() || kind != V::registered().as_ptr() {
        return None;
    }
    // SAFETY: the same.
    let value = unsafe { value_of(key) };
    // It is of our type, so `into_raw` made it of a `V`.
    NonNull::new(value.cast())
}
