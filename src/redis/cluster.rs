//! Which keys this node of a cluster serves.

use super::context::{detached_context, is_in_cluster};
use super::name::Name;
use std::io::{Error, ErrorKind};
use std::os::raw::c_int;

/// Whether this node serves the slot of the key at this moment.
///
/// A node that imports a slot as a whole (Redis from 8.4 on) has the keys already while the old owner serves them, and
/// the old owner has them for a while afterwards. Both are primaries: code that acts without a command asks this first.
/// Valkey, which does so from 9 on, has no such question, but refuses a call about a key of another node. A server that
/// knows neither moves keys one by one, each of which is at one node only.
pub(crate) fn serves_slot_of(key: Name<'_>) -> bool {
    let (Some(slot_of), Some(can_access)) =
        (api!(RedisModule_ClusterKeySlot), api!(RedisModule_ClusterCanAccessKeysInSlot))
    else {
        return !is_in_cluster() || may_call_about(key);
    };
    // SAFETY: (1), (2) the name is valid.
    let slot = unsafe { slot_of(key.raw) };
    // SAFETY: (1); without a cluster the server answers yes to every slot.
    c_int::try_from(slot).is_ok_and(|slot| unsafe { can_access(slot) } != 0)
}

/// Whether the server lets the module run a command on this key. MEMORY USAGE neither counts as a use of the key nor
/// deletes one whose TTL is over, which must not happen while keys expire.
fn may_call_about(key: Name<'_>) -> bool {
    let (Some(call), Some(free)) = (api!(RedisModule_Call), api!(RedisModule_FreeCallReply)) else {
        return true;
    };
    let Some(ctx) = detached_context() else { return true };
    // SAFETY: (1), (2), (5) "cs" takes a text and a string.
    let reply = unsafe { call(ctx, c"MEMORY".as_ptr(), c"cs".as_ptr(), c"USAGE".as_ptr(), key.raw) };
    if reply.is_null() {
        // EPERM: a key of another node. Otherwise the server does not have that command.
        return Error::last_os_error().kind() != ErrorKind::PermissionDenied;
    }
    // SAFETY: (1) made above, freed once.
    unsafe { free(reply) };
    true
}
