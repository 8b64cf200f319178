//! What a callback can ask of the server.

use super::name::Name;
use super::reply::Writer;
use super::{int, OK};
use redis_module::raw;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

/// The server, as one callback sees it.
#[derive(Clone, Copy)]
pub(in crate::server) struct Context<'c> {
    raw: NonNull<raw::RedisModuleCtx>,
    call: PhantomData<&'c ()>,
}

/// What kind of moment it is.
#[derive(Debug, Clone, Copy)]
pub(in crate::server) struct Flags(i32);

impl Flags {
    /// Inside MULTI, a script or a function, or for a client that must not block.
    pub(in crate::server) fn deny_blocking(self) -> bool {
        let deny = raw::REDISMODULE_CTX_FLAGS_MULTI
            | raw::REDISMODULE_CTX_FLAGS_LUA
            | raw::REDISMODULE_CTX_FLAGS_DENY_BLOCKING;
        self.any(deny)
    }

    /// The command came down the replication link.
    pub(in crate::server) fn replicated(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_REPLICATED)
    }

    /// An RDB or AOF file is being read.
    pub(in crate::server) fn loading(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_LOADING)
    }

    /// This server follows another.
    pub(in crate::server) fn replica(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_SLAVE)
    }

    /// This server follows another and takes no writes from clients.
    pub(in crate::server) fn read_only(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_READONLY)
    }

    /// Memory is at its limit, and nothing will be evicted: commands that add are refused.
    pub(in crate::server) fn memory_is_full(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_OOM) && !self.any(raw::REDISMODULE_CTX_FLAGS_EVICT)
    }

    /// The server is part of a cluster.
    pub(in crate::server) fn cluster(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_CLUSTER)
    }

    /// A script or a function is running.
    pub(super) fn script(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_LUA)
    }

    fn any(self, bits: u32) -> bool {
        self.0 & int(bits) != 0
    }
}

impl<'c> Context<'c> {
    /// None for a null pointer.
    ///
    /// # Safety
    /// `raw` is null or stays valid for `'c`.
    pub(super) unsafe fn from_raw(raw: *mut raw::RedisModuleCtx) -> Option<Self> {
        NonNull::new(raw).map(|raw| Context { raw, call: PhantomData })
    }

    pub(super) fn as_ptr(self) -> *mut raw::RedisModuleCtx {
        self.raw.as_ptr()
    }

    /// The moment's flags. Not free: asks the server about its memory too.
    pub(in crate::server) fn flags(self) -> Flags {
        // SAFETY: (1), (2).
        Flags(api!(RedisModule_GetContextFlags).map_or(0, |flags| unsafe { flags(self.as_ptr()) }))
    }

    /// The selected database.
    pub(in crate::server) fn db(self) -> i32 {
        // SAFETY: (1), (2).
        api!(RedisModule_GetSelectedDb).map_or(0, |db| unsafe { db(self.as_ptr()) })
    }

    /// Selects a database for this callback; false if there is no such.
    pub(in crate::server) fn select(self, db: i32) -> bool {
        if self.db() == db {
            return true;
        }
        // SAFETY: (1), (2) out of range is answered with an error.
        api!(RedisModule_SelectDb).is_some_and(|select| unsafe { select(self.as_ptr(), db) } == OK)
    }

    /// Replicates `command key blob` to the replicas and the AOF.
    pub(in crate::server) fn replicate(self, command: &CStr, key: Name<'_>, blob: &[u8]) {
        let Some(replicate) = api!(RedisModule_Replicate) else { return };
        let format = c"sb".as_ptr();
        // SAFETY: (1), (2), (5) "sb" takes a string, a buffer and its length.
        unsafe { replicate(self.as_ptr(), command.as_ptr(), format, key.raw, blob.as_ptr(), blob.len()) };
    }

    /// Replicates the running command as it came.
    pub(in crate::server) fn replicate_verbatim(self) {
        if let Some(verbatim) = api!(RedisModule_ReplicateVerbatim) {
            // SAFETY: (1), (2) only called while a command runs.
            unsafe { verbatim(self.as_ptr()) };
        }
    }

    /// Tells WATCH and client-side caches that the key has changed.
    pub(in crate::server) fn signal_modified(self, key: Name<'_>) {
        if let Some(signal) = api!(RedisModule_SignalModifiedKey) {
            // SAFETY: (1), (2).
            unsafe { signal(self.as_ptr(), key.raw) };
        }
    }

    /// Tells those who subscribed to keyspace notifications that `event` has happened to the key.
    pub(in crate::server) fn notify(self, event: &CStr, key: Name<'_>) {
        if let Some(notify) = api!(RedisModule_NotifyKeyspaceEvent) {
            // SAFETY: (1), (2), (4) no key is open.
            unsafe { notify(self.as_ptr(), raw::REDISMODULE_NOTIFY_MODULE, event.as_ptr(), key.raw) };
        }
    }

    /// A reply to the client of this callback.
    pub(in crate::server) fn reply(self) -> Writer<'c> {
        Writer::new(self)
    }
}

/// Whether the server is over its memory limit and drops keys for that. For the main thread.
pub(in crate::server) fn evicts() -> bool {
    // SAFETY: (1); a null context is allowed and asks about the server alone.
    let flags = api!(RedisModule_GetContextFlags).map_or(0, |flags| unsafe { flags(ptr::null_mut()) });
    let flags = Flags(flags);
    flags.any(raw::REDISMODULE_CTX_FLAGS_OOM) && flags.any(raw::REDISMODULE_CTX_FLAGS_EVICT)
}

/// Whether `notify-keyspace-events` asks for what modules tell.
pub(in crate::server) fn wants_notifications() -> bool {
    let ways = raw::REDISMODULE_NOTIFY_KEYSPACE | raw::REDISMODULE_NOTIFY_KEYEVENT;
    // SAFETY: (1).
    let wanted = api!(RedisModule_GetNotifyKeyspaceEvents).map_or(0, |ask| unsafe { ask() });
    wanted & raw::REDISMODULE_NOTIFY_MODULE != 0 && wanted & ways != 0
}

/// Whether nothing may be replicated for the moment: clients are paused, or the server hands over or shuts down.
pub(in crate::server) fn avoid_replica_traffic() -> bool {
    // SAFETY: (1).
    api!(RedisModule_AvoidReplicaTraffic).is_some_and(|avoid| unsafe { avoid() } != 0)
}

/// Writes a warning to the server's log. Needs no context, so it can be called from everywhere.
pub(in crate::server) fn warn(text: &str) {
    let Some(log) = api!(RedisModule_Log) else { return };
    let Ok(text) = CString::new(text.replace('\0', "?")) else { return };
    // SAFETY: (1), (5) "%s" takes one text; a null context logs without one.
    unsafe { log(ptr::null_mut(), c"warning".as_ptr(), c"%s".as_ptr(), text.as_ptr()) };
}
