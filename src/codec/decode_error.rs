//! The error of everything that decodes.

use std::fmt;

/// Why bytes were not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DecodeError {
    /// A newer version of the module wrote them, and this one does not know its rules.
    Newer(u8),
    /// A version of the module that was never released wrote them.
    Older(u8),
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
            DecodeError::Older(version) => {
                write!(
                    f,
                    "written by rules version {version}, older than this module reads: start the file with the \
                     module that wrote it, let it BGREWRITEAOF, and try again"
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

/// What a queue could not take of what was decided elsewhere.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Refusal {
    /// Why the first effect was refused.
    pub reason: DecodeError,
    /// How many effects were refused; what follows a place that cannot be read counts as one.
    pub refused: u64,
    /// How many effects were applied all the same.
    pub applied: u64,
}

impl Refusal {
    /// Nothing was applied.
    pub(super) fn whole(reason: DecodeError) -> Self {
        Refusal { reason, refused: 1, applied: 0 }
    }
}
