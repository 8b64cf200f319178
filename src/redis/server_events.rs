//! What the server reports without a command: its role, loading, emptied and swapped databases, and that it is alive.

use super::module::{refused, ModuleLoader, Registered};
use super::OK;
use redis_module::raw;
use std::os::raw::c_void;

/// What happens when the server reports something.
pub(crate) trait OnServerEvent {
    /// This server has become a primary.
    fn became_primary();

    /// It has read its files, or given up reading them.
    fn loading_ended();

    /// A database, or with None all of them, is about to be emptied.
    fn flushed(db: Option<i32>);

    /// Two databases have been swapped.
    fn swapped(one: i32, other: i32);

    /// It does its own housekeeping, ten times a second unless it is configured otherwise, whatever its clock says.
    fn housekeeping();
}

/// The callback of an event.
type OnEvent = unsafe extern "C" fn(*mut raw::RedisModuleCtx, raw::RedisModuleEvent, u64, *mut c_void);

impl ModuleLoader<'_> {
    /// Subscribes to these events. For those of keys see [`super::keyspace`].
    pub(crate) fn subscribe_to_server_events<E: OnServerEvent>(&self) -> Registered {
        let events: [(u64, OnEvent); 5] = [
            (raw::REDISMODULE_EVENT_REPLICATION_ROLE_CHANGED, role_changed::<E>),
            (raw::REDISMODULE_EVENT_LOADING, loading::<E>),
            (raw::REDISMODULE_EVENT_FLUSHDB, flushed::<E>),
            (raw::REDISMODULE_EVENT_SWAPDB, swapped::<E>),
            (raw::REDISMODULE_EVENT_CRON_LOOP, housekeeping::<E>),
        ];
        let subscribed = api!(RedisModule_SubscribeToServerEvent).is_some_and(|subscribe| {
            events.into_iter().all(|(id, callback)| {
                let event = raw::RedisModuleEvent { id, dataver: 1 };
                // SAFETY: (1), (2).
                unsafe { subscribe(self.as_ptr(), event, Some(callback)) == OK }
            })
        });
        subscribed.then_some(()).ok_or_else(|| refused("the subscription to its events"))
    }
}

unsafe extern "C" fn role_changed<E: OnServerEvent>(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    role: u64,
    _data: *mut c_void,
) {
    if role == raw::REDISMODULE_EVENT_REPLROLECHANGED_NOW_MASTER {
        E::became_primary();
    }
}

unsafe extern "C" fn loading<E: OnServerEvent>(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    stage: u64,
    _data: *mut c_void,
) {
    if [raw::REDISMODULE_SUBEVENT_LOADING_ENDED, raw::REDISMODULE_SUBEVENT_LOADING_FAILED].contains(&stage) {
        E::loading_ended();
    }
}

unsafe extern "C" fn flushed<E: OnServerEvent>(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    stage: u64,
    data: *mut c_void,
) {
    // SAFETY: (2) the data of this event is a flush info.
    let info = unsafe { data.cast::<raw::RedisModuleFlushInfo>().as_ref() };
    if let (raw::REDISMODULE_SUBEVENT_FLUSHDB_START, Some(info)) = (stage, info) {
        E::flushed((info.dbnum >= 0).then_some(info.dbnum));
    }
}

unsafe extern "C" fn swapped<E: OnServerEvent>(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _stage: u64,
    data: *mut c_void,
) {
    // SAFETY: (2) the data of this event is a swap info.
    if let Some(info) = unsafe { data.cast::<raw::RedisModuleSwapDbInfo>().as_ref() } {
        E::swapped(info.dbnum_first, info.dbnum_second);
    }
}

unsafe extern "C" fn housekeeping<E: OnServerEvent>(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _subevent: u64,
    _data: *mut c_void,
) {
    E::housekeeping();
}
