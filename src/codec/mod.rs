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

pub use decode_error::DecodeError;

use crate::queue::Queue;

/// Applies `blob` to `queue`: effects that happened elsewhere, or one section of a snapshot.
pub fn replay(queue: &mut Queue, blob: &[u8]) -> Result<(), DecodeError> {
    match blob.first() {
        Some(&snapshot::MARK) => snapshot::restore_section(queue, blob),
        Some(_) => effects::replay(queue, blob),
        None => Err(DecodeError::Damaged("empty")),
    }
}
