//! The context of a callback: what it can ask of the server and have the server do.

use super::name::Name;
use super::{int, OK};
use redis_module::raw;
use std::ffi::{CStr, CString};
use std::marker::PhantomData;
use std::ptr::{self, NonNull};
use std::sync::atomic::{AtomicPtr, Ordering::Relaxed};

/// The server, for as long as one callback runs.
#[derive(Clone, Copy)]
pub(crate) struct Context<'c> {
    raw: NonNull<raw::RedisModuleCtx>,
    call: PhantomData<&'c ()>,
}

/// The flags of a context: what state the server and the client are in.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ContextFlags(i32);

impl ContextFlags {
    /// Inside MULTI, a script or a function, or for a client that must not block.
    pub(crate) fn deny_blocking(self) -> bool {
        let deny = raw::REDISMODULE_CTX_FLAGS_MULTI
            | raw::REDISMODULE_CTX_FLAGS_LUA
            | raw::REDISMODULE_CTX_FLAGS_DENY_BLOCKING;
        self.any(deny)
    }

    /// The command came down the replication link.
    pub(crate) fn replicated(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_REPLICATED)
    }

    /// An RDB or AOF file is being read.
    pub(crate) fn loading(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_LOADING)
    }

    /// This server follows another.
    pub(crate) fn replica(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_SLAVE)
    }

    /// This server follows another and takes no writes from clients.
    pub(crate) fn read_only(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_READONLY)
    }

    /// Memory is at its limit, and nothing will be evicted: commands that add are refused.
    pub(crate) fn memory_is_full(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_OOM) && !self.any(raw::REDISMODULE_CTX_FLAGS_EVICT)
    }

    /// Memory is at its limit, and keys are dropped for that.
    fn evicts(self) -> bool {
        self.any(raw::REDISMODULE_CTX_FLAGS_OOM) && self.any(raw::REDISMODULE_CTX_FLAGS_EVICT)
    }

    /// The server is part of a cluster.
    pub(crate) fn cluster(self) -> bool {
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

impl Context<'_> {
    /// None for a null pointer.
    ///
    /// # Safety
    /// `raw` is null or stays valid as long as the context is used.
    pub(super) unsafe fn from_raw(raw: *mut raw::RedisModuleCtx) -> Option<Self> {
        NonNull::new(raw).map(|raw| Context { raw, call: PhantomData })
    }

    pub(super) fn as_ptr(self) -> *mut raw::RedisModuleCtx {
        self.raw.as_ptr()
    }

    /// The flags. Not free: the server computes how much memory it uses for them.
    pub(crate) fn flags(self) -> ContextFlags {
        // SAFETY: (1), (2).
        ContextFlags(api!(RedisModule_GetContextFlags).map_or(0, |flags| unsafe { flags(self.as_ptr()) }))
    }

    /// The selected database.
    pub(crate) fn db(self) -> i32 {
        // SAFETY: (1), (2).
        api!(RedisModule_GetSelectedDb).map_or(0, |db| unsafe { db(self.as_ptr()) })
    }

    /// Selects a database for this callback; false if there is no such.
    pub(crate) fn select(self, db: i32) -> bool {
        if self.db() == db {
            return true;
        }
        // SAFETY: (1), (2) out of range is answered with an error.
        api!(RedisModule_SelectDb).is_some_and(|select| unsafe { select(self.as_ptr(), db) } == OK)
    }

    /// Replicates `command key blob` to the replicas and the AOF.
    pub(crate) fn replicate(self, command: &CStr, key: Name<'_>, blob: &[u8]) {
        let Some(replicate) = api!(RedisModule_Replicate) else { return };
        let format = c"sb".as_ptr();
        // SAFETY: (1), (2), (5) "sb" takes a string, a buffer and its length.
        unsafe { replicate(self.as_ptr(), command.as_ptr(), format, key.raw, blob.as_ptr(), blob.len()) };
    }

    /// Replicates the running command as it came.
    pub(crate) fn replicate_verbatim(self) {
        if let Some(verbatim) = api!(RedisModule_ReplicateVerbatim) {
            // SAFETY: (1), (2) only called while a command runs.
            unsafe { verbatim(self.as_ptr()) };
        }
    }

    /// Has WATCH and client-side caches see that the key has changed.
    pub(crate) fn signal_modified(self, key: Name<'_>) {
        if let Some(signal) = api!(RedisModule_SignalModifiedKey) {
            // SAFETY: (1), (2).
            unsafe { signal(self.as_ptr(), key.raw) };
        }
    }

    /// Notifies subscribers to keyspace notifications that `event` has happened to the key.
    pub(crate) fn notify(self, event: &CStr, key: Name<'_>) {
        if let Some(notify) = api!(RedisModule_NotifyKeyspaceEvent) {
            // SAFETY: (1), (2), (4) no key is open.
            unsafe { notify(self.as_ptr(), raw::REDISMODULE_NOTIFY_MODULE, event.as_ptr(), key.raw) };
        }
    }
}

/// A context of the module's own, for where no callback's context is at hand, as when timers are set.
static DETACHED: AtomicPtr<raw::RedisModuleCtx> = AtomicPtr::new(ptr::null_mut());

/// Makes that context. Called once, when the module is loaded.
pub(super) fn prepare_detached_context(ctx: Context<'_>) {
    if let Some(create) = api!(RedisModule_GetDetachedThreadSafeContext) {
        // SAFETY: (1), (2) the context made here is never freed.
        DETACHED.store(unsafe { create(ctx.as_ptr()) }, Relaxed);
    }
}

/// That context, for timers and for questions about the server at large.
pub(super) fn detached_context() -> Option<*mut raw::RedisModuleCtx> {
    Some(DETACHED.load(Relaxed)).filter(|ctx| !ctx.is_null())
}

/// The flags of the server alone, without a client. For the main thread.
fn server_flags() -> ContextFlags {
    // SAFETY: (1); a null context is allowed and asks about the server alone.
    ContextFlags(api!(RedisModule_GetContextFlags).map_or(0, |flags| unsafe { flags(ptr::null_mut()) }))
}

/// Whether the server is over its memory limit and drops keys for that. For the main thread.
pub(crate) fn evicts() -> bool {
    server_flags().evicts()
}

/// Whether the server is part of a cluster. For the main thread.
pub(crate) fn is_in_cluster() -> bool {
    server_flags().cluster()
}

/// Whether this server follows another. For the main thread.
pub(crate) fn is_replica() -> bool {
    server_flags().replica()
}

/// Whether `notify-keyspace-events` asks for the notifications of modules.
pub(crate) fn wants_notifications() -> bool {
    let ways = raw::REDISMODULE_NOTIFY_KEYSPACE | raw::REDISMODULE_NOTIFY_KEYEVENT;
    // SAFETY: (1).
    let wanted = api!(RedisModule_GetNotifyKeyspaceEvents).map_or(0, |ask| unsafe { ask() });
    wanted & raw::REDISMODULE_NOTIFY_MODULE != 0 && wanted & ways != 0
}

/// Whether nothing may be replicated for the moment: clients are paused, or the server is failing over or
/// shutting down.
pub(crate) fn avoid_replica_traffic() -> bool {
    // SAFETY: (1).
    api!(RedisModule_AvoidReplicaTraffic).is_some_and(|avoid| unsafe { avoid() } != 0)
}

/// Writes a warning to the server's log. Needs no context, so it can be called from everywhere.
pub(crate) fn warn(text: &str) {
    log(c"warning", text);
}

/// Writes to the server's log what is no warning.
pub(crate) fn note(text: &str) {
    log(c"notice", text);
}

fn log(level: &CStr, text: &str) {
    let Some(log) = api!(RedisModule_Log) else { return };
    let Ok(text) = CString::new(text.replace('\0', "?")) else { return };
    // SAFETY: (1), (5) "%s" takes one text; a null context logs without one.
    unsafe { log(ptr::null_mut(), level.as_ptr(), c"%s".as_ptr(), text.as_ptr()) };
}
