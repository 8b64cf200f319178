//! The server's settings, its replicas, and whether it takes writes. Each answer is a command of its own inside the
//! server.

use super::context::detached_context;
use redis_module::raw;
use std::ffi::CStr;

/// The value of a setting as CONFIG GET shows it. None if the server does not reply (CONFIG may be renamed
/// away).
pub(crate) fn setting(name: &CStr) -> Option<String> {
    let (call, free) = (api!(RedisModule_Call)?, api!(RedisModule_FreeCallReply)?);
    let element = api!(RedisModule_CallReplyArrayElement)?;
    let text = api!(RedisModule_CallReplyStringPtr)?;
    let ctx = detached_context()?;
    // SAFETY: (1), (5) "cc" takes two texts.
    let reply = unsafe { call(ctx, c"CONFIG".as_ptr(), c"cc".as_ptr(), c"GET".as_ptr(), name.as_ptr()) };
    if reply.is_null() {
        return None;
    }
    // SAFETY: (1) not null; anything but an array, or a shorter one, is answered with null.
    let value = unsafe { element(reply, 1) };
    let mut len = 0;
    // SAFETY: (1) `value` is null or belongs to `reply`.
    let at = if value.is_null() { std::ptr::null() } else { unsafe { text(value, &raw mut len) } };
    // SAFETY: the text is part of `reply`, which is freed below.
    let bytes = unsafe { super::name::slice(at.cast(), len) };
    let found = (!at.is_null()).then(|| String::from_utf8_lossy(bytes).into_owned());
    // SAFETY: (1) made above, freed once.
    unsafe { free(reply) };
    found
}

/// How many replicas are connected.
pub(crate) fn replicas() -> Option<u64> {
    let (ask, free) = (api!(RedisModule_GetServerInfo)?, api!(RedisModule_FreeServerInfo)?);
    let number = api!(RedisModule_ServerInfoGetFieldUnsigned)?;
    let ctx = detached_context()?;
    // SAFETY: (1), (5).
    let section = unsafe { ask(ctx, c"replication".as_ptr()) };
    if section.is_null() {
        return None;
    }
    let mut error = 0;
    // SAFETY: (1), (5) not null.
    let replicas = unsafe { number(section, c"connected_slaves".as_ptr(), &raw mut error) };
    // SAFETY: (1) made above, freed once.
    unsafe { free(ctx, section) };
    (error == 0).then_some(replicas)
}

/// Whether the server refuses writes of clients at this moment, because it has too few replicas
/// (`min-replicas-to-write`) or its disk fails. `command` writes and has a key and one more argument; it does not run. In a
/// cluster `key` must be one of this node: of others some servers say only that they are elsewhere.
pub(crate) fn refuses_writes(command: &CStr, key: &[u8]) -> bool {
    let (Some(text), Some(free)) = (api!(RedisModule_CallReplyStringPtr), api!(RedisModule_FreeCallReply))
    else {
        return false;
    };
    let Some(reply) = answer_to_a_write(command, key).filter(|reply| !reply.is_null()) else { return false };
    let mut len = 0;
    // SAFETY: (1) not null; anything but a text is answered with null.
    let at = unsafe { text(reply, &raw mut len) };
    // SAFETY: the text is part of `reply`, which is freed below.
    let answer = unsafe { super::name::slice(at.cast(), len) };
    let is_refused = [&b"NOREPLICAS"[..], b"MISCONF"].iter().any(|code| answer.starts_with(code));
    // SAFETY: (1) made in `answer_to_a_write`, freed once.
    unsafe { free(reply) };
    is_refused
}

/// What the server would answer a script that calls `command`. Redis 7.0 does not tell without running it, so it runs
/// one that would write nothing.
fn answer_to_a_write(command: &CStr, key: &[u8]) -> Option<*mut raw::RedisModuleCallReply> {
    const KNOWS_DRY_RUNS: i32 = 0x0007_0200;
    let (call, version) = (api!(RedisModule_Call)?, api!(RedisModule_GetServerVersion)?);
    let (ctx, nothing, zero) = (detached_context()?, c"".as_ptr(), c"0".as_ptr());
    // SAFETY: (1).
    if unsafe { version() } >= KNOWS_DRY_RUNS {
        // SAFETY: (1), (5) as a script (S), as a dry run (D); "b" takes bytes and their number, "c" a text.
        return Some(unsafe {
            call(ctx, command.as_ptr(), c"SDbc".as_ptr(), key.as_ptr(), key.len(), nothing)
        });
    }
    // SAFETY: (1), (5) as a script (S), with an error as the reply (E); "ccc" takes three texts.
    Some(unsafe { call(ctx, c"SETRANGE".as_ptr(), c"SEccc".as_ptr(), nothing, zero, nothing) })
}
