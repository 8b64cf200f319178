//! What the server tells the module without a command.

use super::OK;
use crate::server::{self, timekeeper};
use redis_module::raw;
use std::os::raw::c_void;

/// Subscribes to everything the module must know of. False if the server refuses.
///
/// Keyspace notifications of the classes GENERIC and NEW are none of them: on Valkey 8.1 a module that listens
/// to them makes MOVE and COPY leave clients in the wrong database.
pub(super) fn subscribe(ctx: *mut raw::RedisModuleCtx) -> bool {
    type Callback = unsafe extern "C" fn(*mut raw::RedisModuleCtx, raw::RedisModuleEvent, u64, *mut c_void);
    let events: [(u64, Callback); 4] = [
        (raw::REDISMODULE_EVENT_REPLICATION_ROLE_CHANGED, role_changed),
        (raw::REDISMODULE_EVENT_LOADING, loading),
        (raw::REDISMODULE_EVENT_FLUSHDB, flushed),
        (raw::REDISMODULE_EVENT_SWAPDB, swapped),
    ];
    let Some(subscribe) = api!(RedisModule_SubscribeToServerEvent) else { return false };
    events.into_iter().all(|(id, callback)| {
        let event = raw::RedisModuleEvent { id, dataver: 1 };
        // SAFETY: (1), (2).
        unsafe { subscribe(ctx, event, Some(callback)) == OK }
    })
}

unsafe extern "C" fn role_changed(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    role: u64,
    _data: *mut c_void,
) {
    if role == raw::REDISMODULE_EVENT_REPLROLECHANGED_NOW_MASTER {
        timekeeper::wake_up();
    }
}

unsafe extern "C" fn loading(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    stage: u64,
    _data: *mut c_void,
) {
    if [raw::REDISMODULE_SUBEVENT_LOADING_ENDED, raw::REDISMODULE_SUBEVENT_LOADING_FAILED].contains(&stage) {
        timekeeper::wake_up();
    }
}

unsafe extern "C" fn flushed(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    stage: u64,
    data: *mut c_void,
) {
    // SAFETY: (2) the data of this event is a flush info.
    let info = unsafe { data.cast::<raw::RedisModuleFlushInfo>().as_ref() };
    if let (raw::REDISMODULE_SUBEVENT_FLUSHDB_START, Some(info)) = (stage, info) {
        server::flushed((info.dbnum >= 0).then_some(info.dbnum));
    }
}

unsafe extern "C" fn swapped(
    _ctx: *mut raw::RedisModuleCtx,
    _event: raw::RedisModuleEvent,
    _stage: u64,
    data: *mut c_void,
) {
    // SAFETY: (2) the data of this event is a swap info.
    if let Some(info) = unsafe { data.cast::<raw::RedisModuleSwapDbInfo>().as_ref() } {
        server::swapped(info.dbnum_first, info.dbnum_second);
    }
}
