//! Commands: how they are registered, and how one enters.

use super::call::Call;
use super::command_info::{categorise, describe, replied_key_access, CommandInfo, KeyAccess, Texts};
use super::module::{refused, ModuleLoader, Registered};
use super::OK;
use redis_module::raw;
use std::os::raw::c_int;

/// A command, each a type of its own: what runs does not depend on the name the client used, as commands can
/// be renamed.
pub(crate) trait OnCommand {
    /// What it does to its key.
    const KEY: KeyAccess;

    /// Runs it, and replies to its client.
    fn run(call: &Call<'_>);
}

impl ModuleLoader<'_> {
    /// Registers the command `C`.
    pub(crate) fn register_command<C: OnCommand>(&self, info: &CommandInfo<'_>) -> Registered {
        register::<C>(self.as_ptr(), info)
            .then_some(())
            .ok_or_else(|| refused(&format!("the command {}", info.name)))
    }
}

fn register<C: OnCommand>(ctx: *mut raw::RedisModuleCtx, info: &CommandInfo<'_>) -> bool {
    let mut texts = Texts::default();
    let name = texts.text(info.name);
    let asked = if C::KEY.is_asked_for() { " getkeys-api" } else { "" };
    let flags = texts.text(&format!("{}{asked}", info.flags));
    // Keys that are counted stand in the key specs alone.
    let key = c_int::from(!matches!(C::KEY, KeyAccess::None | KeyAccess::ReadAndWriteEach));
    let (Some(create), Some(get)) = (api!(RedisModule_CreateCommand), api!(RedisModule_GetCommand)) else {
        return false;
    };
    // SAFETY: (1), (2), (5).
    if unsafe { create(ctx, name, Some(enter::<C>), flags, key, key, key) } != OK {
        return false;
    }
    // SAFETY: (1), (2), (5).
    let command = unsafe { get(ctx, name) };
    !command.is_null()
        && describe(&mut texts, command, info, C::KEY)
        && categorise(&mut texts, command, info.acl)
}

/// Where the server enters for the command `C`. It ignores what a command returns.
pub(super) unsafe extern "C" fn enter<C: OnCommand>(
    ctx: *mut raw::RedisModuleCtx,
    argv: *mut *mut raw::RedisModuleString,
    argc: c_int,
) -> c_int {
    // SAFETY: (2) of this call alone, too.
    if unsafe { replied_key_access(C::KEY, ctx, argv, argc) } {
        return OK;
    }
    // SAFETY: (2).
    if let Some(call) = unsafe { Call::from_raw(ctx, argv, argc) } {
        C::run(&call);
    }
    OK
}
