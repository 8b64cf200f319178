//! `loadmodule`: where the server enters first, and what can be registered while it loads the module.

use super::call::{Call, Words};
use super::context::{prepare_detached_context, warn, Context};
use super::{int, ERR, OK};
use redis_module::raw;
use std::ffi::CStr;
use std::os::raw::c_int;

/// A module: how the server calls it, and how it sets itself up.
pub(crate) trait Module {
    /// Its name, which is also what its settings and its section of INFO are called by.
    const NAME: &'static CStr;
    /// Its version as the server shows it: 10203 is 1.2.3.
    const VERSION: i32;

    /// Registers everything the module has. With an error, which goes to the server's log, the module is not
    /// loaded.
    fn load(loader: &ModuleLoader<'_>) -> Registered;

    /// Called once after that, when the server can be asked for its settings.
    fn loaded();
}

/// The server while it loads the module: the only time at which something can be registered. Each kind of
/// thing has its method in the file that is about it.
pub(crate) struct ModuleLoader<'c> {
    call: Call<'c>,
}

/// The outcome of a registration; the error is for the server's log.
pub(crate) type Registered = Result<(), String>;

/// Makes `$module`, which implements [`Module`], the one that the library contains.
macro_rules! export_module {
    ($module:ty) => {
        /// Called once by the server, before anything else of the module.
        ///
        /// # Safety
        /// Only the server may call it, as it loads the module.
        #[allow(unsafe_code)]
        #[no_mangle]
        pub unsafe extern "C" fn RedisModule_OnLoad(
            ctx: *mut redis_module::raw::RedisModuleCtx,
            argv: *mut *mut redis_module::raw::RedisModuleString,
            argc: std::os::raw::c_int,
        ) -> std::os::raw::c_int {
            // SAFETY: the server calls it, as it loads the module.
            unsafe { $crate::redis::module::on_load::<$module>(ctx, argv, argc) }
        }
    };
}
pub(crate) use export_module;

/// # Safety
/// Only the server may call it, through `RedisModule_OnLoad`.
pub(crate) unsafe fn on_load<M: Module>(
    ctx: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: (1), (2). Nothing may be allocated before this.
    let known = unsafe {
        raw::Export_RedisModule_Init(ctx, M::NAME.as_ptr(), M::VERSION, int(raw::REDISMODULE_APIVER_1))
    };
    if known != OK {
        // The functions of the API are known by now.
        warn(&format!(
            "{} is not loaded: a module of this name is loaded already",
            M::NAME.to_string_lossy()
        ));
        return ERR;
    }
    // SAFETY: (2).
    let Some(call) = (unsafe { Call::from_raw(ctx, argv, argc) }) else { return ERR };
    let loaded = check_api().and_then(|()| {
        set_options(call.ctx);
        M::load(&ModuleLoader { call })
    });
    match loaded {
        Ok(()) => {
            prepare_detached_context(call.ctx);
            M::loaded();
            OK
        }
        Err(reason) => {
            warn(&format!("{} is not loaded: {reason}", M::NAME.to_string_lossy()));
            ERR
        }
    }
}

impl ModuleLoader<'_> {
    /// The words after the module's path in `loadmodule`.
    pub(crate) fn arguments(&self) -> Words<'_> {
        self.call.words()
    }

    pub(super) fn as_ptr(&self) -> *mut raw::RedisModuleCtx {
        self.call.ctx.as_ptr()
    }
}

/// The error of a registration that the server refuses.
pub(super) fn refused(what: &str) -> String {
    format!("the server refuses {what}")
}

/// Damaged files end in an error, not with the end of the process; and a key counts as modified
/// when it is, not when it was opened.
///
/// On Valkey, that slots may move to another node as a whole: whoever acts without a command asks
/// [`super::cluster`] first. The bit may mean something else elsewhere.
fn set_options(ctx: Context<'_>) {
    const HANDLE_ATOMIC_SLOT_MIGRATION: u32 = 1 << 5;
    let of_server = if is_valkey(ctx) { HANDLE_ATOMIC_SLOT_MIGRATION } else { 0 };
    let options = raw::REDISMODULE_OPTIONS_HANDLE_IO_ERRORS
        | raw::REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED
        | of_server;
    if let Some(set) = api!(RedisModule_SetModuleOptions) {
        // SAFETY: (1), (2).
        unsafe { set(ctx.as_ptr(), int(options)) }
    }
}

/// Whether the server is Valkey, by a field of INFO.
fn is_valkey(ctx: Context<'_>) -> bool {
    let (Some(ask), Some(free)) = (api!(RedisModule_GetServerInfo), api!(RedisModule_FreeServerInfo)) else {
        return false;
    };
    let Some(field) = api!(RedisModule_ServerInfoGetFieldC) else { return false };
    // SAFETY: (1), (5).
    let section = unsafe { ask(ctx.as_ptr(), c"server".as_ptr()) };
    if section.is_null() {
        return false;
    }
    // SAFETY: (1), (5) not null; null for a field that is not there.
    let is_valkey = !unsafe { field(section, c"valkey_version".as_ptr()) }.is_null();
    // SAFETY: (1) made above, freed once.
    unsafe { free(ctx.as_ptr(), section) };
    is_valkey
}

fn check_api() -> Registered {
    match missing() {
        Some(missing) => {
            Err(format!("this server has no {missing}; it must be Redis 7.0 or later, or Valkey"))
        }
        None => Ok(()),
    }
}

/// The first function of the API that the module cannot do without and this server has not.
pub(super) fn missing() -> Option<&'static str> {
    needed().into_iter().find_map(|(name, there)| (!there).then_some(name))
}

macro_rules! all_of {
    ($($name:ident)*) => {
        [$((stringify!($name), api!($name).is_some())),*]
    };
}

/// The functions of the API that all supported servers have, and whether this one has them.
fn needed() -> impl IntoIterator<Item = (&'static str, bool)> {
    all_of!(
        RedisModule_Alloc RedisModule_Calloc RedisModule_Realloc RedisModule_Free
        RedisModule_CreateCommand RedisModule_GetCommand RedisModule_SetCommandInfo
        RedisModule_IsKeysPositionRequest RedisModule_KeyAtPosWithFlags
        RedisModule_CreateDataType RedisModule_ModuleTypeSetValue RedisModule_ModuleTypeGetType
        RedisModule_ModuleTypeGetValue RedisModule_SetModuleOptions RedisModule_IsIOError
        RedisModule_OpenKey RedisModule_CloseKey RedisModule_KeyType
        RedisModule_LoadStringBuffer RedisModule_SaveStringBuffer RedisModule_EmitAOF
        RedisModule_DigestAddStringBuffer RedisModule_DigestEndSequence
        RedisModule_GetKeyNameFromIO RedisModule_GetDbIdFromIO
        RedisModule_GetKeyNameFromOptCtx RedisModule_GetDbIdFromOptCtx
        RedisModule_GetToKeyNameFromOptCtx RedisModule_GetToDbIdFromOptCtx
        RedisModule_CreateString RedisModule_FreeString RedisModule_StringPtrLen
        RedisModule_ReplyWithError RedisModule_ReplyWithSimpleString RedisModule_ReplyWithLongLong
        RedisModule_ReplyWithStringBuffer RedisModule_ReplyWithArray RedisModule_ReplyWithMap
        RedisModule_ReplyWithNull RedisModule_ReplyWithNullArray
        RedisModule_Replicate RedisModule_ReplicateVerbatim
        RedisModule_SignalModifiedKey RedisModule_GetContextFlags RedisModule_GetSelectedDb
        RedisModule_SelectDb RedisModule_AvoidReplicaTraffic RedisModule_Log
        RedisModule_Call RedisModule_CallReplyArrayElement RedisModule_CallReplyStringPtr
        RedisModule_FreeCallReply
        RedisModule_BlockClientOnKeys RedisModule_UnblockClient RedisModule_GetBlockedClientPrivateData
        RedisModule_GetBlockedClientReadyKey
        RedisModule_CreateTimer RedisModule_StopTimer RedisModule_EventLoopAddOneShot
        RedisModule_GetDetachedThreadSafeContext
        RedisModule_Scan RedisModule_ScanCursorCreate RedisModule_ScanCursorDestroy
        RedisModule_SubscribeToKeyspaceEvents RedisModule_NotifyKeyspaceEvent
        RedisModule_GetNotifyKeyspaceEvents RedisModule_GetExpire RedisModule_GetClientId
        RedisModule_GetClientUserNameById RedisModule_GetCurrentUserName RedisModule_GetModuleUserFromUserName
        RedisModule_FreeModuleUser RedisModule_ACLCheckKeyPermissions
        RedisModule_SubscribeToServerEvent RedisModule_RegisterNumericConfig RedisModule_RegisterStringConfig
        RedisModule_LoadConfigs
        RedisModule_GetServerVersion RedisModule_GetServerInfo RedisModule_FreeServerInfo RedisModule_ServerInfoGetFieldC
        RedisModule_ServerInfoGetFieldUnsigned
        RedisModule_RegisterInfoFunc RedisModule_InfoAddSection RedisModule_InfoAddFieldULongLong
        RedisModule_InfoAddFieldCString
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;
    use std::fs;
    use std::path::Path;

    /// Functions that some supported servers lack. Who calls one goes on without it there.
    const NOT_EVERYWHERE: [&str; 6] = [
        "RedisModule_AddACLCategory",
        "RedisModule_AddPostNotificationJob",
        "RedisModule_CachedMicroseconds",
        "RedisModule_ClusterCanAccessKeysInSlot",
        "RedisModule_ClusterKeySlot",
        "RedisModule_SetCommandACLCategories",
    ];

    #[test]
    fn every_function_is_needed_or_not_everywhere() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/redis");
        let mut called = BTreeSet::new();
        for file in fs::read_dir(folder).unwrap() {
            let source = fs::read_to_string(file.unwrap().path()).unwrap();
            let names = source.split("api!(").skip(1).filter_map(|rest| rest.split(')').next());
            called.extend(names.filter(|name| name.starts_with("RedisModule_")).map(str::to_owned));
        }
        let needed = needed().into_iter().map(|(name, _)| name);
        let known: BTreeSet<_> = needed.chain(NOT_EVERYWHERE).map(str::to_owned).collect();
        assert_eq!(called, known);
    }
}
