//! Bytes <-> domain: what replicas, the append-only file and RDB files hold. It names no Redis.
//!
//! - [`wire`] writes and reads numbers and byte strings.
//! - [`fields`] is what the following two have in common.
//! - [`effects`] is the journal of one command or tick: what happened.
//! - [`snapshot`] is a whole queue in sections: what is.
//!
//! A journal and a section of a snapshot travel in the same internal command, so their first byte tells them apart.

mod decode_error;
pub mod effects;
mod fields;
pub mod snapshot;
mod wire;

pub use decode_error::{DecodeError, Refusal};

use crate::queue::Queue;

/// Applies `blob` to `queue`: effects that happened elsewhere, or one section of a snapshot.
///
/// # Errors
/// What the queue could not take of it. The rest is applied.
pub fn replay(queue: &mut Queue, blob: &[u8]) -> Result<(), Refusal> {
    match blob.first() {
        // A section that is refused half way has restored what stands before the damage.
        Some(&snapshot::MARK) => snapshot::restore_section(queue, blob)
            .map_err(|reason| Refusal { applied: 1, ..Refusal::whole(reason) }),
        _ => effects::replay(queue, blob),
    }
}
