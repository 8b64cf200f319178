//! Bytes <-> domain: what replicas, the append-only file and RDB files hold. It names no Redis.
//!
//! - [`wire`] writes and reads numbers and byte strings.
//! - [`fields`] is what the following two have in common.
//! - [`effects`] is the journal of one command or tick: what happened.
//! - [`snapshot`] is a whole queue in sections: what is.
//!
//! A journal and a section of a snapshot travel in the same internal command, so their first byte tells them apart.

pub mod effects;
mod fields;
pub mod snapshot;
mod wire;

use crate::queue::Queue;
use std::fmt;

/// Why bytes were not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// A newer version of the module wrote them, and this one does not know its rules.
    Newer(u8),
    /// They end too early or hold what cannot be.
    Damaged(&'static str),
    /// An effect is about a job, batch or schedule that this queue does not have: the two sides differ.
    Diverged,
}

impl fmt::Display for DecodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            DecodeError::Newer(version) => {
                write!(
                    f,
                    "written by rules version {version}, newer than this module knows: upgrade it first"
                )
            }
            DecodeError::Damaged(what) => write!(f, "damaged: {what}"),
            DecodeError::Diverged => {
                write!(f, "an effect on what is not here: this copy of the queue differs")
            }
        }
    }
}

impl std::error::Error for DecodeError {}

/// Applies `blob` to `queue`: effects that happened elsewhere, or one section of a snapshot.
pub fn replay(queue: &mut Queue, blob: &[u8]) -> Result<(), DecodeError> {
    match blob.first() {
        Some(&snapshot::MARK) => snapshot::restore_section(queue, blob),
        Some(_) => effects::replay(queue, blob),
        None => Err(DecodeError::Damaged("empty")),
    }
}
