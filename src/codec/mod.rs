//! Bytes <-> domain: what replicas, the append-only file and RDB files hold. Pure.
//!
//! - [`wire`]: numbers and byte strings, written and read.
//! - [`parts`], [`schedules`]: what both of the following have.
//! - [`effects`]: the journal of one command or tick: what happened. [`replay`]: the same read back, and done.
//! - [`snapshot`], with [`jobs`], [`batches`] and [`expiries`]: a whole queue in sections: what is.
//!
//! Both travel in the same internal command, so their first byte tells them apart.

mod batches;
pub mod effects;
mod expiries;
mod jobs;
mod parts;
mod replay;
mod schedules;
pub mod snapshot;
pub mod wire;

use crate::queue::Queue;
use std::fmt;

/// Why bytes were not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// Written by a version of the module whose rules this one does not know.
    Newer(u8),
    /// They end too early or hold what cannot be.
    Damaged(&'static str),
    /// An effect on a job or schedule this queue does not have: the two sides differ.
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

/// Does to `queue` what `blob` says: effects that happened elsewhere, or one section of a snapshot.
pub fn replay(queue: &mut Queue, blob: &[u8]) -> Result<(), DecodeError> {
    match blob.first() {
        Some(&snapshot::MARK) => snapshot::restore_section(queue, blob).map(|_| ()),
        Some(_) => replay::effects(queue, blob),
        None => Err(DecodeError::Damaged("empty")),
    }
}
