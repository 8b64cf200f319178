//! The error of everything that decodes.

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
