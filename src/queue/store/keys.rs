//! The keys by which the indexes of a queue are sorted.

use super::slab::Handle;

/// The order in which jobs run: smaller priority first, then the smaller sequence number. Those of the front are
/// negative.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PriorityKey {
    pub(crate) priority: i32,
    pub(crate) seq: i64,
}

/// The number of a lane in this process. It is used again after the lane is gone; on the wire a lane is its
/// name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LaneNumber(pub(crate) Handle);

/// The number of a name of jobs in its queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct NameNumber(pub(crate) Handle);

/// The order of waiting jobs lane by lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LaneKey {
    pub(crate) lane: LaneNumber,
    pub(crate) key: PriorityKey,
}

/// The order of instants: earlier first, then the smaller sequence number.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct InstantKey {
    pub(crate) at: u64,
    pub(crate) seq: i64,
}

/// What an id leads to, in the 4 bytes the id index has for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdEntry {
    /// A job that is not finished, or the kept record of one that is.
    Job(Handle),
    /// An id whose job is gone.
    Remembered(Handle),
}

impl IdEntry {
    const REMEMBERED: u32 = 1 << 31;

    pub(crate) fn pack(self) -> u32 {
        match self {
            IdEntry::Job(handle) => handle,
            IdEntry::Remembered(handle) => handle | Self::REMEMBERED,
        }
    }

    pub(crate) fn unpack(packed: u32) -> Self {
        if packed & Self::REMEMBERED == 0 {
            IdEntry::Job(packed)
        } else {
            IdEntry::Remembered(packed & !Self::REMEMBERED)
        }
    }
}
