//! The server's settings and its replicas. Asked for rarely: each answer is a command of its own inside the
//! server.

use super::context::detached_context;
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
