//! What a client may do, by the server's access control lists.

use super::context::Context;
use super::name::{self, OwnedName};
use super::{int, OK};
use redis_module::raw;
use std::ptr::NonNull;

/// A user of the server's, as modules see it.
struct User(NonNull<raw::RedisModuleUser>);

impl User {
    /// The user of that name.
    fn named(name: &OwnedName) -> Option<Self> {
        let user = api!(RedisModule_GetModuleUserFromUserName)?;
        // SAFETY: (1).
        NonNull::new(unsafe { user(name.lend().raw) }).map(User)
    }
}

/// The name of the user on whose behalf the callback runs; None: no user, as for another module that asks
/// for no user's rights.
fn user_name(ctx: Context<'_>) -> Option<OwnedName> {
    let (of_client, client) = (api!(RedisModule_GetClientUserNameById)?, api!(RedisModule_GetClientId)?);
    let current = api!(RedisModule_GetCurrentUserName)?;
    // SAFETY: (1), (2).
    let client = unsafe { client(ctx.as_ptr()) };
    // SAFETY: (1), (2) an unknown client and one without a user are answered with null.
    let mut name = unsafe { of_client(ctx.as_ptr(), client) };
    // Redis 7.0 must not be asked for the user of a client that has none. That of a script has one.
    if name.is_null() && ctx.flags().script() {
        // SAFETY: (1), (2).
        name = unsafe { current(ctx.as_ptr()) };
    }
    if name.is_null() {
        return None;
    }
    // SAFETY: (2).
    let copy = OwnedName::new(unsafe { name::bytes(name) });
    if let Some(free) = api!(RedisModule_FreeString) {
        // SAFETY: (1), (2) the name is ours.
        unsafe { free(ctx.as_ptr(), name) }
    }
    Some(copy)
}

impl Drop for User {
    fn drop(&mut self) {
        if let Some(free) = api!(RedisModule_FreeModuleUser) {
            // SAFETY: (1) made in `named`, freed once.
            unsafe { free(self.0.as_ptr()) }
        }
    }
}

/// Whether the client of this callback may read the key `name`.
pub(crate) fn may_read(ctx: Context<'_>, name: &[u8]) -> bool {
    let Some(user) = user_name(ctx) else { return true };
    let (user, name) = (User::named(&user), OwnedName::new(name));
    api!(RedisModule_ACLCheckKeyPermissions).zip(user).is_some_and(|(check, user)| {
        // SAFETY: (1).
        unsafe { check(user.0.as_ptr(), name.lend().raw, int(raw::REDISMODULE_CMD_KEY_ACCESS)) == OK }
    })
}
