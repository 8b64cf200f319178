//! What happened in one minute.

/// A minute in milliseconds.
pub(super) const MINUTE: u64 = 60_000;

/// What happened in one minute.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Minute {
    /// Its beginning, Unix ms.
    pub at: u64,
    /// Jobs added.
    pub added: u64,
    /// Jobs completed.
    pub completed: u64,
    /// Jobs that failed for good.
    pub failed: u64,
}
