//! `loadmodule`: where the server enters first.

use super::call::Call;
use super::context::{warn, Context};
use super::{
    command_info, config, events, info, int, keyspace, persistence, timer, APPLY, DEBUG, ENTRIES, ERR, OK,
};
use crate::commands::{internal, COMMANDS};
use crate::server::{self, arguments};
use redis_module::raw;
use std::os::raw::c_int;

/// Called once by the server, before anything else of the module.
///
/// # Safety
/// Only the server may call it, as it loads the module.
#[no_mangle]
pub unsafe extern "C" fn RedisModule_OnLoad(
    ctx: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: (1), (2). Nothing may be allocated before this.
    let known = unsafe {
        raw::Export_RedisModule_Init(ctx, c"jq".as_ptr(), version(), int(raw::REDISMODULE_APIVER_1))
    };
    if known != OK {
        return ERR;
    }
    // SAFETY: (2).
    let Some(call) = (unsafe { Call::from_raw(ctx, argv, argc) }) else { return ERR };
    server::log_panics();
    server::home::note_main_thread();
    match server::guarded("loading", || load(&call)) {
        Some(Ok(())) => OK,
        Some(Err(reason)) => {
            warn(&format!("jq is not loaded: {reason}"));
            ERR
        }
        None => ERR,
    }
}

/// The package's version as the server shows it: 10203 is 1.2.3.
fn version() -> c_int {
    let part = |text: &str| text.parse::<c_int>().unwrap_or(0);
    part(env!("CARGO_PKG_VERSION_MAJOR")) * 10000
        + part(env!("CARGO_PKG_VERSION_MINOR")) * 100
        + part(env!("CARGO_PKG_VERSION_PATCH"))
}

fn load(call: &Call<'_>) -> Result<(), String> {
    if let Some(missing) = missing() {
        return Err(format!("this server has no {missing}; it must be Redis 7.0 or later, or Valkey"));
    }
    let arguments = arguments::parse(&call.words())?;
    let ctx = call.ctx.as_ptr();
    set_options(call.ctx);
    timer::prepare(call.ctx);
    let refused = |what: &str| Err(format!("the server refuses {what}"));
    if !persistence::create_type(ctx) {
        return refused("the data type");
    }
    register_commands(ctx, arguments.debug)?;
    if !config::register(ctx, &arguments) {
        return refused("the configuration");
    }
    if !events::subscribe(ctx) || !keyspace::subscribe(ctx) {
        return refused("the subscription to its events");
    }
    if !info::register(ctx) {
        return refused("the INFO section");
    }
    Ok(())
}

/// Damaged files are answered with an error, not with the end of the process; and a key counts as modified
/// when it is, not when it was opened.
fn set_options(ctx: Context<'_>) {
    let options =
        raw::REDISMODULE_OPTIONS_HANDLE_IO_ERRORS | raw::REDISMODULE_OPTION_NO_IMPLICIT_SIGNAL_MODIFIED;
    if let Some(set) = api!(RedisModule_SetModuleOptions) {
        // SAFETY: (1), (2).
        unsafe { set(ctx.as_ptr(), int(options)) }
    }
}

fn register_commands(ctx: *mut raw::RedisModuleCtx, debug: bool) -> Result<(), String> {
    command_info::add_category(ctx);
    let commands = COMMANDS.iter().map(|command| &command.spec).zip(ENTRIES);
    let internal = [(&internal::APPLY, APPLY, true), (&internal::DEBUG, DEBUG, debug)];
    let internal = internal.into_iter().filter(|(_, _, wanted)| *wanted);
    for (spec, entry) in commands.chain(internal.map(|(spec, entry, _)| (spec, entry))) {
        if !command_info::register(ctx, spec, entry) {
            return Err(format!("the server refuses the command {}", spec.name));
        }
    }
    Ok(())
}

/// The first function of the API that the module cannot do without and this server has not.
fn missing() -> Option<&'static str> {
    macro_rules! first_missing {
        ($($name:ident)*) => {
            [$((stringify!($name), api!($name).is_some())),*]
        };
    }
    let needed = first_missing!(
        RedisModule_Alloc RedisModule_Calloc RedisModule_Realloc RedisModule_Free
        RedisModule_CreateCommand RedisModule_GetCommand RedisModule_SetCommandInfo
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
        RedisModule_ReplyWithNullArray RedisModule_Replicate RedisModule_ReplicateVerbatim
        RedisModule_SignalModifiedKey RedisModule_GetContextFlags RedisModule_GetSelectedDb
        RedisModule_SelectDb RedisModule_AvoidReplicaTraffic RedisModule_Log
        RedisModule_BlockClientOnKeys RedisModule_UnblockClient RedisModule_GetBlockedClientPrivateData
        RedisModule_CreateTimer RedisModule_StopTimer RedisModule_GetDetachedThreadSafeContext
        RedisModule_Scan RedisModule_ScanCursorCreate RedisModule_ScanCursorDestroy
        RedisModule_SubscribeToKeyspaceEvents RedisModule_GetExpire RedisModule_GetClientId
        RedisModule_GetClientUserNameById RedisModule_GetCurrentUserName RedisModule_GetModuleUserFromUserName
        RedisModule_FreeModuleUser RedisModule_ACLCheckKeyPermissions
        RedisModule_SubscribeToServerEvent RedisModule_RegisterNumericConfig RedisModule_LoadConfigs
        RedisModule_RegisterInfoFunc RedisModule_InfoAddSection RedisModule_InfoAddFieldULongLong
    );
    needed.into_iter().find_map(|(name, there)| (!there).then_some(name))
}
