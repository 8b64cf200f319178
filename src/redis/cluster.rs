//! Which keys this node of a cluster serves.

use super::name::Name;
use std::os::raw::c_int;

/// Whether this node serves the slot of the key at this moment.
///
/// A node that imports a slot as a whole (Redis from 8.4 on) has the keys already while the old owner serves them, and
/// the old owner has them for a while afterwards. Both are primaries: code that acts without a command asks this first. A
/// server that does not know the question moves keys one by one, each of which is at one node only; so does Valkey,
/// which moves slots as a whole only with modules that have declared that they bear it.
pub(crate) fn serves_slot_of(key: Name<'_>) -> bool {
    let (Some(slot_of), Some(can_access)) =
        (api!(RedisModule_ClusterKeySlot), api!(RedisModule_ClusterCanAccessKeysInSlot))
    else {
        return true;
    };
    // SAFETY: (1), (2) the name is valid.
    let slot = unsafe { slot_of(key.raw) };
    // SAFETY: (1); without a cluster the server answers yes to every slot.
    c_int::try_from(slot).is_ok_and(|slot| unsafe { can_access(slot) } != 0)
}
