//! Whether the server refuses what clients write, because it has too few replicas or its disk fails.

use crate::redis::server_info;
use crate::server::clock;
use crate::server::edit::APPLY;
use crate::server::location::Location;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::Arc;

/// For how many milliseconds it is believed that the server takes writes: each question is a command of its own.
const BELIEVED: u64 = 50;

/// Until when that is believed, by [`clock::uptime`].
static BELIEVED_UNTIL: AtomicU64 = AtomicU64::new(0);

/// Whether it does; false may be [`BELIEVED`] old. `queue_here` is asked for a queue whose slot this node serves; without
/// one there is nothing to write.
pub(super) fn refuses_writes(queue_here: impl FnOnce() -> Option<Arc<Location>>) -> bool {
    let now = clock::uptime().0;
    if now < BELIEVED_UNTIL.load(Relaxed) {
        return false;
    }
    let Some(queue) = queue_here() else { return false };
    let is_refused = server_info::refuses_writes(APPLY, &queue.name);
    if !is_refused {
        BELIEVED_UNTIL.store(now + BELIEVED, Relaxed);
    }
    is_refused
}
